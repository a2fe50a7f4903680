import { stopsOf, titlesOf } from "../autodiff/flow.js";
import { gradients } from "../autodiff/gradients.js";
import { messageOf, UserError } from "../errors.js";
import { type Dim, type Graph, specialize, withOutputs } from "../onnx/graph.js";
import type { DataType } from "../onnx/tensor.js";
import { isFloat } from "../onnx/types.js";
import { readModel } from "../platform/node/models.js";
import { inputNotes, roundingNotes } from "../recognition/input.js";
import type { Preprocessing } from "../recognition/preprocessing.js";
import { readPreprocessing } from "../recognition/read-preprocessing.js";
import { type Probe, probe } from "../runtime/probe.js";
import { type Header, readHeader } from "./header.js";
import { requireFloatValue } from "./loss.js";
import { type OperatorUse, operatorsOf } from "./operators.js";
import { running } from "./running.js";
import { type Serving, servingOf } from "./serving.js";
import { chooseSizes, differentiableInputs, type SizeOptions, type Sizes } from "./sizes.js";
import { type ParameterKind, parameterKinds } from "./weights.js";

/** Settings of an inspection. */
export interface InspectOptions {
  /** The value whose gradients are examined: an output or any computed value. Default: every float32 output. */
  readonly output?: string;
  /** Side of the images in pixels if the model's input is dynamic. Default: the sidecar's, or 224. */
  readonly inputSize?: number;
}

/** An input or output as the model declares it, and its shape in the trial run. */
export interface InspectedValue {
  readonly name: string;
  readonly type: DataType | null;
  readonly shape: readonly Dim[] | null;
  readonly tried: readonly number[];
}

export interface InspectedOutput extends InspectedValue {
  /** Whether it is differentiable with respect to an input, and if not, why. */
  readonly differentiable: boolean;
  readonly reason: string | null;
}

/** The properties of a graph. */
export interface GraphInspection {
  readonly inputs: readonly InspectedValue[];
  readonly outputs: readonly InspectedOutput[];
  readonly parameters: readonly ParameterKind[];
  readonly operators: readonly OperatorUse[];
  readonly serves: Serving;
  /** Further notes, one sentence each. */
  readonly notes: readonly string[];
}

/** The properties of an ONNX file. */
export interface Inspection extends Header, GraphInspection {
  readonly file: string;
}

/**
 * Inspects an ONNX file: its inputs and outputs, parameters and operators, which operators block gradients, and what it can
 * serve as. Runs the model once.
 * @throws UserError when the file cannot be read or the model cannot be run.
 */
export async function inspectModel(file: string, options: InspectOptions = {}): Promise<Inspection> {
  const graph = await readModel(file);
  const header = await readHeader(file);
  const sidecar = await readPreprocessing(file, graph).catch((error: unknown) => messageOf(error));
  const known = typeof sidecar === "string" ? undefined : sidecar;
  const found = await inspectGraph(graph, { ...options, ...(known && { preprocessing: known }) });
  const notes = typeof sidecar === "string" && found.serves.recognizer.serves ? [sidecar] : [];
  return { file, ...header, ...found, notes: [...found.notes, ...notes] };
}

/**
 * Inspects a graph in memory, as `inspectModel` inspects a file.
 * @throws UserError when the graph cannot be run.
 */
export async function inspectGraph(
  graph: Graph,
  options: InspectOptions & { readonly preprocessing?: Preprocessing } = {},
): Promise<GraphInspection> {
  const { output, preprocessing } = options;
  if (output !== undefined) requireFloatValue(graph, output);
  const examined = output === undefined ? graph.outputs.map(({ name }) => name) : [output];
  const { shapes: sizes, ...open } = chooseSizes(graph, options);
  const bound = withOutputs(specialize(graph, sizes), [...new Set([...examined, ...namesOf(graph.outputs)])]);
  const probed = await running(graph, () => probe(bound), hint(open));
  const inputs = differentiableInputs(graph);
  const outputs = examined.map((name) => ({
    ...inspected(name, graph, probed),
    ...differentiability(name, inputs, graph, probed),
  }));
  const floats = outputs.filter(({ type }) => type === null || isFloat(type)).map(({ name }) => name);
  const differentiable = outputs.filter((each) => each.differentiable).map(({ name }) => name);
  const serves = servingOf({ graph, shapes: probed.shapes, differentiable, preprocessing });
  const isRecognizer = serves.recognizer.serves && preprocessing;
  const ofInput = isRecognizer ? inputNotes(graph, preprocessing) : roundingNotes(graph);
  return {
    inputs: graph.inputs.map(({ name }) => inspected(name, graph, probed)),
    outputs,
    parameters: parameterKinds(graph),
    operators: operatorsOf(graph, probed.graph, floats, inputs),
    serves,
    notes: [...(graph.notes ?? []), ...ofInput, ...sizeNotes(open, options)],
  };
}

const namesOf = (values: readonly { name: string }[]) => values.map(({ name }) => name);

function inspected(name: string, { inputs, outputs }: Graph, { shapes }: Probe): InspectedValue {
  const declared = [...inputs, ...outputs].find((value) => value.name === name);
  return { name, type: declared?.type ?? null, shape: declared?.shape ?? null, tried: shapes.get(name) ?? [] };
}

/** Whether a value is differentiable with respect to one of the inputs; if not, the reason that training would report. */
function differentiability(name: string, inputs: readonly string[], graph: Graph, { graph: folded, shapes }: Probe) {
  const no = (reason: string) => ({ differentiable: false, reason });
  const type = graph.outputs.find((output) => output.name === name)?.type ?? "float32";
  if (!isFloat(type)) return no(`${type} values have no gradient`);
  if (inputs.length === 0) return no("the model has no float32 input");
  const stops = stopsOf(folded, name, inputs);
  if (stops.length > 0) return no(`no gradient passes: ${titlesOf(stops)} ${stops.length > 1 ? "stop" : "stops"} it`);
  try {
    const { gradients: found } = gradients(folded, name, inputs, shapes);
    const reached = [...found.values()].some((gradient) => gradient !== null);
    return reached ? { differentiable: true, reason: null } : no("its gradient with respect to every input is zero");
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return no(error.message.replace(`cannot differentiate ${graph.name}: `, ""));
  }
}

type OpenSizes = Omit<Sizes, "shapes">;

const assigned = ({ chosen }: OpenSizes): string =>
  Object.entries(chosen)
    .map(([symbol, size]) => `${symbol} = ${size}`)
    .join(", ");

const hint = (open: OpenSizes): string =>
  open.anySide ? ` (tried with ${assigned(open)}; \`inputSize\` sets another side)` : "";

function sizeNotes(open: OpenSizes, { inputSize, preprocessing }: SizeOptions): string[] {
  if (Object.keys(open.chosen).length === 0) return [];
  const origin = inputSize ? "as set" : preprocessing ? "from its preprocessing" : "`inputSize` sets another side";
  return [`dynamic dimensions were tried as ${assigned(open)}${open.anySide ? ` (${origin})` : ""}`];
}
