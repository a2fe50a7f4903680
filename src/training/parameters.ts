import { attribute, type Graph, type Node } from "../graph/graph.js";
import { FIXED } from "../networks/compact.js";

/** Which inputs of an operator hold weights that are learned. */
const weightInputs: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [1, 2],
  MatMul: [1],
  PRelu: [1],
  BatchNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  LayerNormalization: [1, 2],
};

/** The initializers of a processor that training changes, in the order in which they are used. */
export function parametersOf(graph: Graph): string[] {
  const used = graph.nodes.flatMap((node) => (weightInputs[node.op] ?? []).map((i) => node.inputs[i] ?? ""));
  const isWeight = (name: string) => graph.initializers.get(name)?.type === "float32" && !name.startsWith(FIXED);
  return [...new Set(used)].filter(isWeight);
}

/** A running statistic of a batch normalization: read as `input`, its next value is `output`. */
export interface RunningStatistic {
  readonly input: string;
  readonly output: string;
}

/**
 * The graph with its batch normalizations in training mode: they normalize by the batch and give out new running
 * statistics (momentum 0.9 where the node says nothing).
 */
export function withTrainingNorms(graph: Graph): { graph: Graph; statistics: RunningStatistic[] } {
  const statistics: RunningStatistic[] = [];
  const train = (node: Node): Node => {
    if (node.op !== "BatchNormalization" || attribute(node, "training_mode", "int", 0) === 1) return node;
    const running = node.inputs.slice(3, 5).map((input) => ({ input, output: `${input}.next` }));
    statistics.push(...running);
    const outputs = [node.outputs[0] ?? "", ...running.map(({ output }) => output)];
    return { ...node, outputs, attributes: { ...node.attributes, training_mode: { kind: "int", value: 1 } } };
  };
  return { graph: { ...graph, nodes: graph.nodes.map(train) }, statistics };
}
