import { stopsOf, titlesOf } from "../autodiff/flow.js";
import { describeObstacle, gradients, obstacles } from "../autodiff/gradients.js";
import { messageOf, UserError } from "../errors.js";
import { GraphBuilder, int } from "../onnx/builder.js";
import { type Dim, type Graph, titleOf, type ValueInfo, withOutputs } from "../onnx/graph.js";
import { typeCodes } from "../onnx/schema.js";
import type { DataType } from "../onnx/tensor.js";
import { isFloat, isInteger } from "../onnx/types.js";
import { inputNotes, roundingNotes } from "../recognition/input.js";
import type { Preprocessing } from "../recognition/preprocessing.js";
import { batchingOf, declaredBatchOf } from "../runtime/batching.js";
import { type Probe, valueSizedNodes } from "../runtime/probe.js";
import type { Header } from "./header.js";
import { requireFloatValue } from "./loss.js";
import { type OperatorUse, operatorsOf } from "./operators.js";
import { imageInput, type Serving, servingOf } from "./serving.js";
import { differentiableInputs, type SizeOptions, type Sizes } from "./sizes.js";
import { assigned, tryModel } from "./trial.js";
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
  /** Null if the model does not run on trial inputs and ONNX Runtime infers no shape. */
  readonly tried: readonly number[] | null;
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
 * Inspects a graph in memory, as `inspectModel` inspects a file.
 * @throws UserError when ONNX Runtime cannot load the graph, or it does not run with the size that was set.
 */
export async function inspectGraph(
  graph: Graph,
  options: InspectOptions & { readonly preprocessing?: Preprocessing } = {},
): Promise<GraphInspection> {
  const { output, preprocessing } = options;
  if (output !== undefined) requireFloatValue(graph, output);
  const examined = output === undefined ? graph.outputs.map(({ name }) => name) : [output];
  const { probed, sizes, failure } = await tryModel(
    graph,
    [...new Set([...examined, ...namesOf(graph.outputs)])],
    options,
  );
  const inputs = differentiableInputs(graph);
  const outputs = examined.map((name) => ({
    ...inspected(name, graph, probed),
    ...differentiability(name, inputs, graph, probed, failure),
  }));
  const floats = outputs.filter(({ type }) => type === null || isFloat(type)).map(({ name }) => name);
  const differentiable = outputs.filter((each) => each.differentiable).map(({ name }) => name);
  const batching = await triedBatching(graph, probed, preprocessing);
  const serves = servingOf({ graph, shapes: probed.shapes, differentiable, preprocessing, batching });
  const isRecognizer = serves.recognizer.serves && preprocessing;
  const ofInput = isRecognizer ? inputNotes(graph, preprocessing) : roundingNotes(graph);
  return {
    inputs: graph.inputs.map(({ name }) => inspected(name, graph, probed)),
    outputs,
    parameters: parameterKinds(graph),
    operators: operatorsOf(graph, probed.graph, floats, inputs),
    serves,
    notes: [
      ...(graph.notes ?? []),
      ...ofInput,
      ...(failure === null ? [] : [failure]),
      ...valueSizedNotes(probed.graph),
      ...sizeNotes(sizes, options),
    ],
  };
}

/** How a model of images runs on several of them, or why it does not; undefined without an image input. */
async function triedBatching(graph: Graph, { shapes }: Probe, preprocessing: Preprocessing | undefined) {
  const input = imageInput({ graph, shapes, preprocessing }, [3, 1]);
  const [output] = graph.outputs;
  if (typeof input === "string" || !output) return undefined;
  const image = shapes.get(input.name)?.slice(1) ?? [];
  const scores = withOutputs(graph, [output.name]);
  const network = { graph: withFloatInput(scores, input, image), image, declaredBatch: declaredBatchOf(input) };
  return batchingOf(network).catch(messageOf);
}

/** White for inputs of integers in the trial; every integer type holds it. */
const TRIAL_WHITE = 100;

/** The graph with images in [0, 1] of float32 as its input, whatever its own type is. */
function withFloatInput(graph: Graph, { name, type = "float32" }: ValueInfo, image: readonly number[]): Graph {
  if (type === "float32") return graph;
  const b = new GraphBuilder(graph.name);
  const given = b.input("image", ["N", ...image]);
  const scaled = isInteger(type) ? b.Mul(given, b.scalar(TRIAL_WHITE)) : given;
  const outputs = b.inline(graph, { [name]: b.add("Cast", [scaled], { to: int(typeCodes[type]) }) }, "model/");
  for (const [output, value] of Object.entries(outputs)) b.output(output, value);
  return b.build();
}

const namesOf = (values: readonly { name: string }[]) => values.map(({ name }) => name);

function inspected(name: string, { inputs, outputs }: Graph, { shapes }: Probe): InspectedValue {
  const declared = [...inputs, ...outputs].find((value) => value.name === name);
  return { name, type: declared?.type ?? null, shape: declared?.shape ?? null, tried: shapes.get(name) ?? null };
}

/** Whether a value is differentiable with respect to one of the inputs; if not, the reason that training would report. */
function differentiability(
  name: string,
  inputs: readonly string[],
  graph: Graph,
  { graph: folded, shapes }: Probe,
  failure: string | null,
) {
  const no = (reason: string) => ({ differentiable: false, reason });
  const declared = graph.outputs.find((output) => output.name === name);
  const type = declared?.type ?? "float32";
  if (declared?.container) return no("sequences, maps and optional values have no gradient");
  if (!isFloat(type)) return no(`${type} values have no gradient`);
  if (inputs.length === 0) return no("the model has no float32 input");
  if (failure !== null) return no(obstacles(folded, name, inputs).map(describeObstacle)[0] ?? failure);
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

/** The most nodes that a note lists. */
const LISTED = 5;

function valueSizedNotes(graph: Graph): string[] {
  const nodes = valueSizedNodes(graph);
  if (nodes.length === 0) return [];
  const titles = nodes.slice(0, LISTED).map((node) => `${node.op} "${titleOf(node)}"`);
  const more = nodes.length > LISTED ? ` and ${nodes.length - LISTED} more nodes` : "";
  return [`sizes depend on values: the outputs of ${titles.join(", ")}${more}`];
}

function sizeNotes(open: Sizes, { inputSize, preprocessing }: SizeOptions): string[] {
  if (Object.keys(open.chosen).length === 0) return [];
  const origin = inputSize ? "as set" : preprocessing ? "from its preprocessing" : "`inputSize` sets another side";
  return [`dynamic dimensions were tried as ${assigned(open)}${open.anySide ? ` (${origin})` : ""}`];
}
