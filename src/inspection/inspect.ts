import { gradients } from "../autodiff/gradients.js";
import { messageOf, UserError } from "../errors.js";
import { type Dim, type Graph, specialize, withOutputs } from "../onnx/graph.js";
import type { DataType } from "../onnx/tensor.js";
import { readModel } from "../platform/node/models.js";
import type { Preprocessing } from "../recognition/preprocessing.js";
import { readPreprocessing } from "../recognition/read-preprocessing.js";
import { type Probe, probe } from "../runtime/probe.js";
import { type Header, readHeader } from "./header.js";
import { requireFloatValue } from "./loss.js";
import { type OperatorUse, operatorsOf } from "./operators.js";
import { running } from "./running.js";
import { type Serving, servingOf } from "./serving.js";
import { chooseSizes, type SizeOptions, type Sizes } from "./sizes.js";
import { type ParameterKind, parameterKinds } from "./weights.js";

export interface InspectOptions {
  /** Ask about the gradients of this value alone. Default: every float32 output. */
  readonly output?: string;
  /** Side of the pictures where the model leaves it open. Default: the sidecar's, or 224. */
  readonly inputSize?: number;
}

/** An input or output: as the model declares it, and its sizes on the trial run. */
export interface InspectedValue {
  readonly name: string;
  readonly type: DataType | null;
  readonly shape: readonly Dim[] | null;
  readonly tried: readonly number[];
}

export interface InspectedOutput extends InspectedValue {
  /** Whether a gradient leads from here to an input, and why not. */
  readonly differentiable: boolean;
  readonly reason: string | null;
}

export interface GraphInspection {
  readonly inputs: readonly InspectedValue[];
  readonly outputs: readonly InspectedOutput[];
  readonly parameters: readonly ParameterKind[];
  readonly operators: readonly OperatorUse[];
  readonly serves: Serving;
  /** What else is worth knowing, in sentences. */
  readonly notes: readonly string[];
}

export interface Inspection extends Header, GraphInspection {
  readonly file: string;
}

/**
 * Looks at an ONNX file: what goes in and out, what it is made of, whether gradients pass, and what it can serve as.
 * @throws UserError when the file cannot be read or the model cannot be run.
 */
export async function inspectModel(file: string, options: InspectOptions = {}): Promise<Inspection> {
  const graph = await readModel(file);
  const header = await readHeader(file);
  const beside = await readPreprocessing(file, graph).catch((error: unknown) => messageOf(error));
  const known = typeof beside === "string" ? undefined : beside;
  const found = await inspectGraph(graph, { ...options, ...(known && { preprocessing: known }) });
  const notes = typeof beside === "string" && found.serves.recognizer.serves ? [beside] : [];
  return { file, ...header, ...found, notes: [...found.notes, ...notes] };
}

/**
 * The same of a graph in memory.
 * @throws UserError when the graph cannot be run.
 */
export async function inspectGraph(
  graph: Graph,
  options: InspectOptions & { readonly preprocessing?: Preprocessing } = {},
): Promise<GraphInspection> {
  const { output, preprocessing } = options;
  if (output !== undefined) requireFloatValue(graph, output);
  const watched = output === undefined ? graph.outputs.map(({ name }) => name) : [output];
  const { shapes: sizes, ...open } = chooseSizes(graph, options);
  const bound = withOutputs(specialize(graph, sizes), [...new Set([...watched, ...namesOf(graph.outputs)])]);
  const probed = await running(graph, () => probe(bound), hint(open));
  const inputs = graph.inputs.filter(({ type }) => type === "float32").map(({ name }) => name);
  const outputs = watched.map((name) => ({
    ...inspected(name, graph, probed),
    ...answer(name, inputs, graph, probed),
  }));
  const floats = outputs.filter(({ type }) => type === null || type === "float32").map(({ name }) => name);
  const differentiable = outputs.filter((each) => each.differentiable).map(({ name }) => name);
  return {
    inputs: graph.inputs.map(({ name }) => inspected(name, graph, probed)),
    outputs,
    parameters: parameterKinds(graph),
    operators: operatorsOf(graph, probed.graph, floats, inputs),
    serves: servingOf({ graph, shapes: probed.shapes, differentiable, preprocessing }),
    notes: [...(graph.notes ?? []), ...sizeNotes(open, options)],
  };
}

const namesOf = (values: readonly { name: string }[]) => values.map(({ name }) => name);

function inspected(name: string, { inputs, outputs }: Graph, { shapes }: Probe): InspectedValue {
  const declared = [...inputs, ...outputs].find((value) => value.name === name);
  return { name, type: declared?.type ?? null, shape: declared?.shape ?? null, tried: shapes.get(name) ?? [] };
}

/** Whether training could take a gradient from this value to one of the inputs, and what it would say otherwise. */
function answer(name: string, inputs: readonly string[], graph: Graph, { graph: folded, shapes }: Probe) {
  const no = (reason: string) => ({ differentiable: false, reason });
  const type = graph.outputs.find((output) => output.name === name)?.type ?? "float32";
  if (type !== "float32") return no(`${type} values have no gradient`);
  if (inputs.length === 0) return no("the model has no float32 input");
  try {
    const { gradients: found } = gradients(folded, name, inputs, shapes);
    const reached = [...found.values()].some((gradient) => gradient !== null);
    return reached ? { differentiable: true, reason: null } : no("no gradient leads from it to an input");
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
  open.anySide ? ` (tried with ${assigned(open)}; --input-size takes another side)` : "";

function sizeNotes(open: OpenSizes, { inputSize, preprocessing }: SizeOptions): string[] {
  if (Object.keys(open.chosen).length === 0) return [];
  const origin = inputSize ? "as asked" : preprocessing ? "from the file beside it" : "--input-size takes another side";
  return [`open sizes were tried as ${assigned(open)}${open.anySide ? ` (${origin})` : ""}`];
}
