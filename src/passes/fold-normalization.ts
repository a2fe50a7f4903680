import type { GraphBuilder } from "../onnx/builder.js";
import { attribute, type Graph, type Node, valuesReadBy } from "../onnx/graph.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import type { Pass } from "./pass.js";
import { rewrite } from "./rewrite.js";

/**
 * A frozen batch normalization behind a convolution with constant weights is a scale and a shift of each output, which the
 * weights can carry: w'[m] = w[m]·s[m], bias'[m] = (bias[m] - mean[m])·s[m] + B[m], s = scale / √(variance + ε). The
 * gradient then passes one operator, not two.
 */
export const foldNormalization: Pass = {
  name: "fold-normalization",
  summary: "frozen batch normalizations inside the convolutions before them",
  stage: "forward",
  apply(graph) {
    const folded = new Map(graph.nodes.flatMap((node) => foldable(graph, node)));
    if (folded.size === 0) return graph;
    const convolutions = new Set(folded.values());
    return rewrite(graph, (node, b) => {
      const conv = folded.get(node);
      if (conv) fold(b, graph, conv, node);
      return conv !== undefined || convolutions.has(node);
    });
  },
};

/** [the normalization, the convolution before it] where the one can go into the other. */
function foldable(graph: Graph, node: Node): [Node, Node][] {
  const value = node.inputs[0] ?? "";
  const frozen = node.op === "BatchNormalization" && attribute(node, "training_mode", "int", 0) === 0;
  const conv = frozen ? graph.nodes.find(({ outputs }) => outputs.includes(value)) : undefined;
  if (conv?.op !== "Conv" || conv.domain !== "") return [];
  const readers = graph.nodes.filter((each) => valuesReadBy(each).includes(value)).length;
  const constant = [...conv.inputs.slice(1), ...node.inputs.slice(1)].every(
    (name) => name === "" || graph.initializers.get(name)?.type === "float32",
  );
  return readers === 1 && constant && !graph.outputs.some(({ name }) => name === value) ? [[node, conv]] : [];
}

function fold(b: GraphBuilder, { initializers }: Graph, conv: Node, norm: Node): void {
  const data = (name: string | undefined) => initializers.get(name ?? "")?.data as Float32Array | undefined;
  const weight = initializers.get(conv.inputs[1] ?? "") as Tensor;
  const [scale, shift, mean, variance] = norm.inputs.slice(1).map(data) as Float32Array[];
  const bias = data(conv.inputs[2]);
  const epsilon = attribute(norm, "epsilon", "float", 1e-5);
  const at = (values: Float32Array | undefined, i: number) => values?.[i] ?? 0;
  const gain = Float64Array.from(variance ?? [], (v, m) => at(scale, m) / Math.sqrt(v + epsilon));
  const each = weight.data.length / gain.length;
  const weights = (weight.data as Float32Array).map((w, i) => w * (gain[Math.floor(i / each)] ?? 0));
  const biases = Float32Array.from(gain, (g, m) => (at(bias, m) - at(mean, m)) * g + at(shift, m));
  const inputs = [
    conv.inputs[0] ?? "",
    b.constant(float32(weights, weight.shape)),
    b.constant(float32(biases, [gain.length])),
  ];
  b.keep({ ...conv, inputs, outputs: norm.outputs.slice(0, 1) });
}
