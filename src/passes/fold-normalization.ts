import type { GraphBuilder } from "../onnx/builder.js";
import { attribute, type Graph, type Node } from "../onnx/graph.js";
import { anything, float32Constant, type Match, type Pattern, rewrite } from "../onnx/matcher.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import type { Pass } from "./pass.js";

/** Whether a node has its first `count` inputs; a damaged file may lack some. */
const hasInputs = (count: number) => (node: Node) =>
  node.inputs.length >= count && !node.inputs.slice(0, count).includes("");

const convolution: Pattern = {
  op: "Conv",
  inputs: [anything],
  otherInputs: float32Constant,
  readOnce: true,
  where: hasInputs(2),
};

const normalization: Pattern = {
  op: "BatchNormalization",
  attributes: { training_mode: { value: 0, default: 0 } },
  inputs: [convolution],
  otherInputs: float32Constant,
  where: hasInputs(5),
};

/**
 * A frozen batch normalization after a convolution with constant weights scales and shifts each output channel. The weights
 * of the convolution can do that: w'[m] = w[m]·s[m], bias'[m] = (bias[m] - mean[m])·s[m] + B[m], with
 * s = scale / √(variance + ε). The gradient then passes one operator instead of two.
 */
export const foldNormalization: Pass = {
  name: "fold-normalization",
  summary: "fold frozen batch normalizations into the convolutions before them",
  stage: "forward",
  apply: (graph, context) => rewrite(graph, context, [[normalization, fold]]),
};

function fold(match: Match, b: GraphBuilder): void {
  const [conv, norm] = [match.node(convolution), match.node(normalization)];
  const [scale, shift, mean, variance] = norm.inputs.slice(1).map((name) => valuesOf(match.graph, name));
  const weight = match.graph.initializers.get(conv.inputs[1] ?? "") as Tensor;
  const bias = valuesOf(match.graph, conv.inputs[2]);
  const epsilon = attribute(norm, "epsilon", "float", 1e-5);
  const at = (values: ArrayLike<number> | undefined, m: number) => values?.[m] ?? 0;
  const s = Float64Array.from(variance ?? [], (v, m) => at(scale, m) / Math.sqrt(v + epsilon));
  const perChannel = weight.data.length / s.length;
  const weights = (weight.data as Float32Array).map((w, i) => w * at(s, Math.floor(i / perChannel)));
  const biases = Float32Array.from(s, (factor, m) => (at(bias, m) - at(mean, m)) * factor + at(shift, m));
  const inputs = [
    conv.inputs[0] ?? "",
    b.constant(float32(weights, weight.shape)),
    b.constant(float32(biases, [s.length])),
  ];
  b.keep({ ...conv, inputs, outputs: norm.outputs.slice(0, 1) });
}

const valuesOf = ({ initializers }: Graph, name = ""): Float32Array | undefined =>
  initializers.get(name)?.data as Float32Array | undefined;
