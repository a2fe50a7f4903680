import { float, type GraphBuilder, int } from "./builder.js";
import { attribute, type Node } from "./graph.js";
import { channelsFirst, channelsLast } from "./rewrite-layout.js";
import type { Rewrite } from "./rewriting.js";

/* Normalizations that ONNX Runtime fuses (com.microsoft, and SimplifiedLayerNormalization in the standard domain). */

const epsilonOf = (node: Node, fallback: number) => attribute(node, "epsilon", "float", fallback);

/** (x - mean) / √(variance + ε)·γ + β over the last axis. */
const layerNormalization = (b: GraphBuilder, x: string, gamma: string, beta: string, epsilon: number) =>
  b.add("LayerNormalization", [x, gamma, beta], { axis: int(-1), epsilon: float(epsilon) });

/** x / √(mean(x²) + ε)·γ over the last axis (RMS normalization). */
const simplified = (b: GraphBuilder, x: string, gamma: string, epsilon: number) =>
  b.Mul(b.Div(x, b.Sqrt(b.Add(b.ReduceMean(b.Mul(x, x), [-1]), b.scalar(epsilon)))), gamma);

/** LayerNormalization of input + skip + bias; the last output is that sum. */
export const SkipLayerNormalization: Rewrite = ({ b, node, inputs: [x, skip, gamma, beta, bias] }) => {
  const sum = added(b, x, skip, bias);
  return [layerNormalization(b, sum, gamma, beta, epsilonOf(node, 1e-12)), "", "", sum];
};

/** The same without mean and β. */
export const SkipSimplifiedLayerNormalization: Rewrite = ({ b, node, inputs: [x, skip, gamma, bias] }) => {
  const sum = added(b, x, skip, bias);
  return [simplified(b, sum, gamma, epsilonOf(node, 1e-12)), "", "", sum];
};

export const SimplifiedLayerNormalization: Rewrite = ({ b, node, inputs: [x, gamma], rank }) => {
  const axis = attribute(node, "axis", "int", -1);
  return axis === -1 || axis + 1 === rank(x) ? [simplified(b, x, gamma, epsilonOf(node, 1e-5))] : null;
};

const added = (b: GraphBuilder, x: string, skip: string, bias: string) => {
  const sum = b.Add(x, skip);
  return bias ? b.Add(sum, bias) : sum;
};

/**
 * LayerNormalization of the sum of the embeddings of words, positions and segments. The second output is the number of
 * words that the mask keeps, the third the sum.
 */
export const EmbedLayerNormalization: Rewrite = ({ b, node, inputs }) => {
  const [ids, segments, words, positions, segmentTable, gamma, beta, mask, positionIds] = inputs;
  const length = b.add("Shape", [ids], { start: int(1), end: int(2) });
  const position = positionIds
    ? b.Gather(positions, positionIds, 0)
    : b.add("Slice", [positions, b.integers([0]), length, b.integers([0])]);
  const sum = b.Add(b.Gather(words, ids, 0), position);
  const all = segments && segmentTable ? b.Add(sum, b.Gather(segmentTable, segments, 0)) : sum;
  return [layerNormalization(b, all, gamma, beta, epsilonOf(node, 1e-12)), lengths(b, ids, mask), all];
};

/** For each sequence the number of positions that the mask keeps, int32; 0 without a mask, as in ONNX Runtime. */
function lengths(b: GraphBuilder, ids: string, mask: string): string {
  const kept = mask || b.Mul(ids, b.add("CastLike", [b.integers([0]), ids]));
  return b.ReduceSum(b.add("Cast", [kept], { to: int(6) }), [1], false);
}

/** GroupNormalization, then x·sigmoid(x) if `activation` is 1; the channels are last by default. */
function grouped(b: GraphBuilder, x: string, gamma: string, beta: string, node: Node): string {
  const last = attribute(node, "channels_last", "int", 1) === 1;
  const y = b.add("GroupNormalization", [last ? channelsFirst(b, x, 4) : x, gamma, beta], {
    num_groups: int(attribute(node, "groups", "int", 1)),
    epsilon: float(epsilonOf(node, 1e-5)),
  });
  const z = attribute(node, "activation", "int", 0) === 1 ? b.Mul(y, b.Sigmoid(y)) : y;
  return last ? channelsLast(b, z, 4) : z;
}

export const GroupNorm: Rewrite = ({ b, node, inputs: [x, gamma, beta] }) => [grouped(b, x, gamma, beta, node)];

/** GroupNorm of x + skip + bias; the second output is that sum. A skip of two axes is [N, C]. */
export const SkipGroupNorm: Rewrite = ({ b, node, inputs: [x, gamma, beta, skip, bias], rank }) => {
  const last = attribute(node, "channels_last", "int", 1) === 1;
  const wide = rank(skip) === 2 ? b.Unsqueeze(skip, last ? [1, 2] : [2, 3]) : skip;
  const channels = bias && !last ? b.Unsqueeze(bias, [1, 2]) : bias;
  const sum = added(b, x, wide, channels);
  return [grouped(b, sum, gamma, beta, node), sum];
};
