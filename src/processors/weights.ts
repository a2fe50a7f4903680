import { attribute, type Graph, type Node, prune } from "../onnx/graph.js";
import { sizeOf } from "../onnx/tensor.js";
import { constantRoles } from "./weight-constants.js";
import { elementwiseConstant, firstUsers, layerWeights, type Uses, usesOf } from "./weight-uses.js";

/** What training may change in a network, and what it leaves alone because of what it is. */
export interface Weights {
  /** Initializers that can be trained, in the order in which they are used. */
  readonly trainable: readonly string[];
  /** The other float initializers in use, by what they are: "running statistics", "constants of Resize", … */
  readonly constant: ReadonlyMap<string, readonly string[]>;
}

/**
 * Tells the weights of a network from its constants: weights and biases of layers, scales and shifts of normalizations,
 * slopes, and factors and summands for each channel behind a layer. All of them float32, also when they reach their
 * operator in another layout. What has a constant's part anywhere (a running statistic) is no weight.
 */
export function weightsOf(network: Graph): Weights {
  const graph = prune(network);
  const uses = usesOf(graph);
  const roles = constantRoles(uses);
  const layers = new Set(graph.nodes.flatMap((node) => layerWeights(node, uses.origin)));
  const channels = new Set([...layers].flatMap((name) => graph.initializers.get(name)?.shape ?? []));
  const wanted = new Set(
    graph.nodes.flatMap((node) => [...layerWeights(node, uses.origin), ...channelWeights(node, uses, channels)]),
  );
  const isFloat = (name: string) => graph.initializers.get(name)?.type === "float32";
  const constant = new Map<string, string[]>();
  for (const [name, op] of firstUsers(uses)) {
    const role = roles.get(name) ?? (wanted.has(name) ? undefined : `constants of ${op}`);
    if (role && isFloat(name)) constant.set(role, [...(constant.get(role) ?? []), name]);
  }
  return { trainable: [...wanted].filter((name) => isFloat(name) && !roles.has(name)), constant };
}

/** The initializers of a network that training changes, in the order in which they are used. */
export const parametersOf = (graph: Graph): readonly string[] => weightsOf(graph).trainable;

/** The factor or summand for each channel that a Mul or an Add applies to what a layer has computed. */
function channelWeights(node: Node, uses: Uses, channels: ReadonlySet<number>): string[] {
  const found = elementwiseConstant(node, uses, ["Mul", "Add"]);
  if (!found || !uses.afterLayer(found.data)) return [];
  const shape = uses.graph.initializers.get(found.name)?.shape ?? [];
  const axis = shape.findIndex((size) => size > 1);
  const size = shape[axis] ?? 1;
  // Behind a layout operator the axis may be any; otherwise channels are the third axis from the end, or the last one.
  const alongChannels = !node.inputs.includes(found.name) || [1, 3].includes(shape.length - axis);
  return channels.has(size) && sizeOf(shape) === size && size > 1 && alongChannels ? [found.name] : [];
}

/** A running statistic of a batch normalization: read as `input`, its next value is `output`. */
export interface RunningStatistic {
  readonly input: string;
  readonly output: string;
}

/**
 * The graph with its batch normalizations in training mode: they normalize by the batch and give out new running
 * statistics (momentum 0.9 where the node says nothing). One whose statistics are frozen stays as it is.
 */
export function withTrainingNorms(
  graph: Graph,
  frozen: readonly string[] = [],
): { graph: Graph; statistics: RunningStatistic[] } {
  const statistics: RunningStatistic[] = [];
  const train = (node: Node): Node => {
    if (node.op !== "BatchNormalization" || attribute(node, "training_mode", "int", 0) === 1) return node;
    if (node.inputs.slice(3, 5).some((input) => frozen.includes(input))) return node;
    const running = node.inputs.slice(3, 5).map((input) => ({ input, output: `${input}.next` }));
    statistics.push(...running);
    const outputs = [node.outputs[0] ?? "", ...running.map(({ output }) => output)];
    return { ...node, outputs, attributes: { ...node.attributes, training_mode: { kind: "int", value: 1 } } };
  };
  return { graph: { ...graph, nodes: graph.nodes.map(train) }, statistics };
}
