import { type GraphBuilder, int } from "../../onnx/builder.js";
import { floatOf, intOf, type RuleContext, unbroadcast, withLimits } from "../rule.js";

/** The sizes of an Attention. */
interface Sizes {
  /** Batch size. */
  readonly n: number;
  /** Heads of the queries. */
  readonly heads: number;
  /** Heads of the keys and values. */
  readonly groups: number;
  /** Positions of the queries, and of the keys and values. */
  readonly queries: number;
  readonly keys: number;
  /** Channels of a head of the queries and keys, and of the values. */
  readonly depth: number;
  readonly valueDepth: number;
}

/**
 * y = softmax(s)·V with s = scale·Q·Kᵀ (+ mask), optionally soft-capped to c·tanh(s / c) (Vaswani et al. 2017).
 * With p the softmax: dV = pᵀ·dy, dp = dy·Vᵀ, ds = p·(dp - Σ dp·p), dQ = scale·ds·K, dK = scale·dsᵀ·Q. Query heads that
 * share keys sum their gradients.
 */
export const Attention = withLimits("no past or present keys and values; no scores as an output", (context) => {
  const { b, node, inputs, outputs, grads, reached, needsGrad, shape, refuse } = context;
  if (reached[1] || reached[2]) throw refuse("passes its present keys and values on to the loss");
  if (inputs[4] || inputs[5]) throw refuse("continues from past keys and values");
  if (outputs[3]) throw refuse("outputs the scores");
  const { n, heads, groups, queries, keys, depth, valueDepth } = sizesOf(context);
  const scale = b.scalar(floatOf(node, "scale", 1 / Math.sqrt(depth)));
  const q = split(b, inputs[0], shape(inputs[0]), [n, heads, queries, depth]);
  const k = shared(b, split(b, inputs[1], shape(inputs[1]), [n, groups, keys, depth]), [n, groups, keys, depth], heads);
  const v = shared(
    b,
    split(b, inputs[2], shape(inputs[2]), [n, groups, keys, valueDepth]),
    [n, groups, keys, valueDepth],
    heads,
  );
  const dy = split(b, grads[0], shape(outputs[0]), [n, heads, queries, valueDepth]);
  const p = probabilities(context);
  const slope = capSlope(context, () => b.Mul(b.MatMul(q, b.transposeLast(k, 4)), scale));
  const dp = b.MatMul(dy, b.transposeLast(v, 4));
  const dmasked = b.Mul(p, b.Sub(dp, b.ReduceSum(b.Mul(dp, p), [-1])));
  const ds = slope ? b.Mul(dmasked, slope) : dmasked;
  const perGroup = (grad: string, channels: number) => summed(b, grad, [n, groups, heads / groups, keys, channels]);
  const back = (grad: string, input: string, channels: number) => joined(b, grad, shape(input), channels);
  return [
    needsGrad[0] ? back(b.Mul(b.MatMul(ds, k), scale), inputs[0], heads * depth) : null,
    needsGrad[1]
      ? back(perGroup(b.Mul(b.MatMul(b.transposeLast(ds, 4), q), scale), depth), inputs[1], groups * depth)
      : null,
    needsGrad[2]
      ? back(perGroup(b.MatMul(b.transposeLast(p, 4), dy), valueDepth), inputs[2], groups * valueDepth)
      : null,
    needsGrad[3] ? unbroadcast(b, dmasked, [n, heads, queries, keys], shape(inputs[3])) : null,
  ];
});

function sizesOf({ node, inputs, shape }: RuleContext): Sizes {
  const [q, k, v] = [shape(inputs[0]), shape(inputs[1]), shape(inputs[2])];
  const last = (sizes: readonly number[]) => sizes.at(-1) ?? 1;
  const packed = q.length === 3;
  const heads = packed ? intOf(node, "q_num_heads", 1) : (q[1] ?? 1);
  const groups = packed ? intOf(node, "kv_num_heads", 1) : (k[1] ?? 1);
  const per = (sizes: readonly number[], count: number) => (packed ? last(sizes) / count : last(sizes));
  const [queries, keys] = [q.at(-2) ?? 1, k.at(-2) ?? 1];
  return { n: q[0] ?? 1, heads, groups, queries, keys, depth: per(q, heads), valueDepth: per(v, groups) };
}

/** [N, positions, heads·depth] as [N, heads, positions, depth]. */
function split(
  b: GraphBuilder,
  value: string,
  from: readonly number[],
  [n, h, s, d]: [number, number, number, number],
) {
  return from.length === 3 ? b.Transpose(b.Reshape(value, [n, s, h, d]), [0, 2, 1, 3]) : value;
}

/** The reverse of `split`, to a shape of 3 or 4 axes. */
const joined = (b: GraphBuilder, value: string, to: readonly number[], channels: number) =>
  to.length === 3 ? b.Reshape(b.Transpose(value, [0, 2, 1, 3]), [to[0] ?? 1, to[1] ?? 1, channels]) : value;

/** Keys or values [N, groups, positions, channels], repeated for the query heads that share them. */
function shared(b: GraphBuilder, value: string, [n, groups, s, d]: [number, number, number, number], heads: number) {
  if (groups === heads) return value;
  const repeated = b.Expand(b.Reshape(value, [n, groups, 1, s, d]), b.integers([n, groups, heads / groups, s, d]));
  return b.Reshape(repeated, [n, heads, s, d]);
}

/** The transpose of `shared`. */
function summed(b: GraphBuilder, grad: string, sizes: readonly [number, number, number, number, number]) {
  const [n, groups, times, s, d] = sizes;
  return times === 1 ? grad : b.Reshape(b.ReduceSum(b.Reshape(grad, sizes), [2], false), [n, groups, s, d]);
}

/** The softmax of the masked scores: the fourth output of the operator itself in mode 3. */
function probabilities({ b, node }: RuleContext): string {
  const attributes = { ...node.attributes, qk_matmul_output_mode: int(3) };
  const outputs = [b.unique(`${node.outputs[0]}.again`), "", "", b.unique(`${node.outputs[0]}.softmax`)];
  return b.addMany("Attention", node.inputs, attributes, outputs)[3] as string;
}

/** d capped score / d score = 1 - tanh²(score / cap); null without a cap. */
function capSlope({ b, node }: RuleContext, scores: () => string): string | null {
  const cap = floatOf(node, "softcap", 0);
  if (cap === 0) return null;
  const t = b.Tanh(b.Div(scores(), b.scalar(cap)));
  return b.Sub(b.one, b.Mul(t, t));
}

/**
 * y = pairs of channels of x turned by angles given as cosines and sines (Su et al. 2021). dx = dy turned back: by the same
 * cosines and the negative sines.
 */
export const RotaryEmbedding = withLimits("no gradient to the cosines and sines", (context) => {
  const { b, node, inputs, grads, needsGrad, refuse } = context;
  if (needsGrad[1] || needsGrad[2]) throw refuse("computes its angles from data");
  const [, cosines, sines, positions] = inputs;
  return [b.add("RotaryEmbedding", [grads[0], cosines, b.Neg(sines), positions], node.attributes)];
});
