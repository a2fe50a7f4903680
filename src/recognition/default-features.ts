import { UserError } from "../errors.js";
import { type Graph, type Node, withOutputs } from "../onnx/graph.js";
import { detectionHeads } from "./heads.js";
import type { Shapes } from "./model.js";

/** Operators whose input is a feature map [N, channels, height, width]. */
const mapReaders = ["Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceMax"];

/** Operators whose input is the last features. The second group applies if the network has none of the first. */
const heads = [
  ["GlobalAveragePool", "GlobalMaxPool", "ReduceMean"],
  ["Gemm", "MatMul"],
];

/** Maximum number of feature maps. The coarsest resolutions are used. */
const MOST = 4;

/**
 * The features that are compared by default: the last feature map at each of the network's four coarsest resolutions, before
 * the last layer with weights. Without feature maps, the input of the last global pooling or of the last fully connected
 * layer.
 * @param shapesOf returns the shapes of values for one image [1, 3, size, size].
 * @throws UserError when the network has none of these.
 */
export async function defaultFeatures(
  model: Graph,
  shapesOf: (values: readonly string[]) => Promise<Shapes>,
): Promise<readonly string[]> {
  const scores = model.outputs.slice(0, 1).map(({ name }) => name);
  const { nodes } = withOutputs(model, scores);
  const last = nodes.findLast((node) => isStandard(node, ["Conv", "Gemm", "MatMul"]));
  if (!last?.inputs[0]) return [lastFeature(model.name, nodes)];
  const coarsest = await coarsestMaps(model, [last.inputs[0]], shapesOf);
  return coarsest.length > 0 ? coarsest : [lastFeature(model.name, nodes)];
}

/**
 * The features of a detector that are compared by default: the last feature map at each of its four coarsest resolutions
 * before its raw heads; without feature maps, the inputs of these heads.
 * @param shapesOf as for `defaultFeatures`.
 * @throws UserError when the network has no raw heads.
 */
export async function headFeatures(
  model: Graph,
  shapesOf: (values: readonly string[]) => Promise<Shapes>,
): Promise<readonly string[]> {
  const inputs = [...new Set(detectionHeads(model).map(({ input }) => input))];
  if (inputs.length === 0) throw new UserError(noFeatures(model.name));
  const coarsest = await coarsestMaps(model, inputs, shapesOf);
  return coarsest.length > 0 ? coarsest : inputs;
}

/** The last feature map at each of the four coarsest resolutions up to some values, these included; the finest first. */
async function coarsestMaps(
  model: Graph,
  ends: readonly string[],
  shapesOf: (values: readonly string[]) => Promise<Shapes>,
): Promise<string[]> {
  const body = withOutputs(model, ends);
  const candidates = [...mapsOf(body.nodes), ...ends];
  const shapes = await shapesOf([...new Set(candidates)]);
  const maps = new Map<number, string>();
  for (const name of candidates) {
    const [, , height = 0, width] = shapes.get(name) ?? [];
    if (shapes.get(name)?.length === 4 && height === width && height > 1) maps.set(height, name);
  }
  const coarsest = [...maps].sort(([one], [other]) => one - other).slice(0, MOST);
  return coarsest.map(([, name]) => name).reverse();
}

/** The inputs of operators that read feature maps, after the first convolution, in topological order. */
function mapsOf(nodes: readonly Node[]): string[] {
  const behind = new Set<string>();
  const unpadded = new Map<string, string>();
  const found: string[] = [];
  for (const node of nodes) {
    const [input = "", output = ""] = [node.inputs[0], node.outputs[0]];
    if (isStandard(node, ["Pad"])) unpadded.set(output, input);
    else if (behind.has(input) && isStandard(node, mapReaders)) found.push(unpadded.get(input) ?? input);
    if (isStandard(node, ["Conv"]) || node.inputs.some((name) => behind.has(name)))
      for (const output of node.outputs) behind.add(output);
  }
  return found;
}

/** The input of the last global pooling or, without one, of the last fully connected layer. */
function lastFeature(name: string, nodes: readonly Node[]): string {
  for (const operators of heads) {
    const input = nodes.findLast((node) => isStandard(node, operators))?.inputs[0];
    if (input !== undefined) return input;
  }
  throw new UserError(noFeatures(name));
}

const noFeatures = (name: string): string =>
  `${name} has no global pooling and no fully connected layer; set \`feature\` to the names of features`;

const isStandard = ({ op, domain }: Node, operators: readonly string[]): boolean =>
  domain === "" && operators.includes(op);
