import { attribute, type Graph, type Node, prune } from "../onnx/graph.js";
import { freshNames } from "../onnx/names.js";
import { sizeOf } from "../onnx/tensor.js";
import { constantRoles } from "./weight-constants.js";
import { elementwiseConstant, firstUsers, layerWeights, type WeightUses, weightUsesOf } from "./weight-uses.js";

/** The initializers of a network, divided into weights and constants. */
export interface Weights {
  /** The weights, which training may change, in the order of their use. */
  readonly trainable: readonly string[];
  /** The other float32 initializers, by role: "running statistics", "constants of Resize", … */
  readonly constant: ReadonlyMap<string, readonly string[]>;
}

/**
 * Divides the initializers of a network into weights and constants. Weights are the weights and biases of layers, scales and
 * shifts of normalizations, slopes, and factors and summands for each channel after a layer; all are float32. Layout
 * operators may come between a weight and its operator. An initializer with the role of a constant anywhere (a running
 * statistic) is not a weight.
 */
export function weightsOf(network: Graph): Weights {
  const graph = prune(network);
  const uses = weightUsesOf(graph);
  const roles = constantRoles(uses);
  const layers = new Set(graph.nodes.flatMap((node) => layerWeights(node, uses.origin)));
  const channels = new Set([...layers].flatMap((name) => graph.initializers.get(name)?.shape ?? []));
  const weights = new Set(
    graph.nodes.flatMap((node) => [...layerWeights(node, uses.origin), ...channelWeights(node, uses, channels)]),
  );
  const isFloat = (name: string) => graph.initializers.get(name)?.type === "float32";
  const constant = new Map<string, string[]>();
  for (const [name, op] of firstUsers(uses)) {
    const role = roles.get(name) ?? (weights.has(name) ? undefined : `constants of ${op}`);
    if (!role || !isFloat(name)) continue;
    const names = constant.get(role);
    if (names) names.push(name);
    else constant.set(role, [name]);
  }
  return { trainable: [...weights].filter((name) => isFloat(name) && !roles.has(name)), constant };
}

/** The initializers of a network that training changes, in the order of their use. */
export const parametersOf = (graph: Graph): readonly string[] => weightsOf(graph).trainable;

/** The factor or summand for each channel that a Mul or an Add applies after a layer. */
function channelWeights(node: Node, uses: WeightUses, channels: ReadonlySet<number>): string[] {
  const found = elementwiseConstant(node, uses, ["Mul", "Add"]);
  if (!found || !uses.afterLayer(found.data)) return [];
  const shape = uses.graph.initializers.get(found.name)?.shape ?? [];
  const axis = shape.findIndex((size) => size > 1);
  const size = shape[axis] ?? 1;
  // After a layout operator any axis may be that of channels; otherwise it is the third from the end, or the last.
  const alongChannels = !node.inputs.includes(found.name) || [1, 3].includes(shape.length - axis);
  return channels.has(size) && sizeOf(shape) === size && size > 1 && alongChannels ? [found.name] : [];
}

/** The initializers that distinguish a trained network from an untrained one: weights and running statistics. */
export const learnedIn = ({ trainable, constant }: Weights): readonly string[] => [
  ...trainable,
  ...(constant.get("running statistics") ?? []),
];

/** A running statistic of a batch normalization: its value is `input`, its next value `output`. */
export interface RunningStatistic {
  readonly input: string;
  readonly output: string;
}

/**
 * The graph with its batch normalizations in training mode: they normalize by the statistics of the batch and output new
 * running statistics (momentum 0.9 by default).
 * @param frozen running statistics that must not change: their normalizations stay in inference mode.
 */
export function withTrainingNorms(
  graph: Graph,
  frozen: readonly string[] = [],
): { graph: Graph; statistics: RunningStatistic[] } {
  const statistics: RunningStatistic[] = [];
  const fresh = freshNames(graph);
  const train = (node: Node): Node => {
    if (node.op !== "BatchNormalization" || attribute(node, "training_mode", "int", 0) === 1) return node;
    if (node.inputs.slice(3, 5).some((input) => frozen.includes(input))) return node;
    const running = node.inputs.slice(3, 5).map((input) => ({ input, output: fresh(`${input}.next`) }));
    statistics.push(...running);
    const outputs = [node.outputs[0] ?? "", ...running.map(({ output }) => output)];
    return { ...node, outputs, attributes: { ...node.attributes, training_mode: { kind: "int", value: 1 } } };
  };
  return { graph: { ...graph, nodes: graph.nodes.map(train) }, statistics };
}
