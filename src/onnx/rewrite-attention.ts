import { type GraphBuilder, int } from "./builder.js";
import { dequantize } from "./dequantize.js";
import { attribute, type Node } from "./graph.js";
import type { Rewrite, RewriteContext } from "./rewriting.js";
import { int64, toNumbers } from "./tensor.js";

/*
 * Attention of com.microsoft: B sequences of S queries, L keys and values, N heads. Reference:
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md.
 */

/** Queries, keys and values by head, [B, N, ·, head size], and what is added to their scores. */
interface Heads {
  readonly q: string;
  readonly k: string;
  readonly v: string;
  /** Which keys count: lengths [B], or 0 and 1 as [B, L] or [B, S, L]; "" if all do. */
  readonly mask: string;
  readonly maskRank: number | undefined;
  /** Added to the scores; broadcasts to [B, N, S, L]. "" if nothing is. */
  readonly bias: string;
  /** Keys and values of earlier steps. */
  readonly past?: readonly [k: string, v: string];
}

/** Attention with one product for queries, keys and values. */
export const Attention: Rewrite = (context) => {
  const { b, inputs } = context;
  const [x, weights, bias, mask, past, scores] = inputs;
  const qkv = b.MatMul(x, weights);
  return selfAttention(context, bias ? b.Add(qkv, bias) : qkv, mask, past, scores);
};

/** Attention whose product is of 8-bit integers. */
export const QAttention: Rewrite = (context) => {
  const { b, inputs, known } = context;
  const [x, weights, bias, xScale, weightScale, mask, xZero, weightZero, past] = inputs;
  const [w, scale, zero] = [known(weights), known(weightScale), known(weightZero)];
  if (!w || !scale || (weightZero && !zero)) return null;
  const weight = dequantize(w, toNumbers(scale), zero ? toNumbers(zero) : [0], 1);
  const qkv = b.MatMul(b.add("DequantizeLinear", [x, xScale, xZero]), b.constant(weight));
  return selfAttention(context, bias ? b.Add(qkv, bias) : qkv, mask, past, "");
};

function selfAttention(context: RewriteContext, qkv: string, mask: string, past: string, bias: string) {
  const { b, node, rank } = context;
  if (!isCovered(node) || (mask && !isMask(rank(mask)))) return null;
  const sizes = attribute(node, "qkv_hidden_sizes", "ints", []);
  const parts =
    sizes.length === 3 ? b.Split(qkv, -1, sizes) : b.addMany("Split", [qkv], { axis: int(-1), num_outputs: int(3) }, 3);
  const [q = "", k = "", v = ""] = parts.map((part) => byHead(b, part, node));
  const earlier = (i: number) => b.Gather(past, whole(b, i), 0);
  const heads: Heads = {
    ...{ q, k, v, mask, maskRank: rank(mask), bias },
    ...(past && { past: [earlier(0), earlier(1)] as const }),
  };
  const { y, keys, values } = attended(context, heads);
  const present = node.outputs[1]
    ? b.Concat(
        [keys, values].map((value) => b.Unsqueeze(value, [0])),
        0,
      )
    : "";
  return [y, present];
}

/** Attention of queries, keys and values that were multiplied before, together or apart. */
export const MultiHeadAttention: Rewrite = (context) => {
  const { node, inputs, rank } = context;
  const [query, key, value, bias, mask, scores, pastKey, pastValue] = inputs;
  if (!isCovered(node) || (mask && !isMask(rank(mask))) || node.outputs[3]) return null;
  const parts = key && value ? separate(context, [query, key, value], bias) : packed(context);
  if (parts === null) return null;
  const [q, k, v] = parts;
  const heads: Heads = {
    ...{ q, k, v, mask, maskRank: rank(mask), bias: scores },
    ...(pastKey && { past: [pastKey, pastValue] as const }),
  };
  const { y, keys, values } = attended(context, heads);
  return [y, keys, values];
};

type Triple = readonly [string, string, string];

/** Keys and values are [B, L, hidden], or [B, N, L, head size] already; the bias is that of all three, one behind the other. */
function separate({ b, node, rank }: RewriteContext, values: Triple, bias: string): Triple | null {
  if (rank(values[1]) === 4) return bias ? null : [byHead(b, values[0], node), values[1], values[2]];
  if (!bias) return values.map((value) => byHead(b, value, node)) as unknown as Triple;
  const size = (value: string) => b.add("Shape", [value], { start: int(-1) });
  const parts = b.addMany("Split", [bias, b.Concat(values.map(size), 0)], { axis: int(0) }, 3);
  return values.map((value, i) => byHead(b, b.Add(value, parts[i] ?? ""), node)) as unknown as Triple;
}

/** Queries, keys and values as [B, S, N, 3, head size]; or queries [B, S, hidden], keys and values [B, L, N, 2, head size]. */
function packed({ b, node, inputs }: RewriteContext): Triple | null {
  const [query, key, , bias] = inputs;
  if (bias) return null;
  const part = (value: string, i: number) => b.Transpose(b.Gather(value, whole(b, i), 3), [0, 2, 1, 3]);
  if (key) return [byHead(b, query, node), part(key, 0), part(key, 1)];
  return [part(query, 0), part(query, 1), part(query, 2)];
}

/** Rotations of positions and buffers that are shared between steps are not covered. */
const isCovered = (node: Node): boolean =>
  ["do_rotary", "past_present_share_buffer"].every((name) => attribute(node, name, "int", 0) === 0);

/** Masks of one axis (lengths), of two and of three (0 and 1) are covered. */
const isMask = (rank: number | undefined): boolean => rank === 1 || rank === 2 || rank === 3;

/** [B, L, N·size] as [B, N, L, size]. */
const byHead = (b: GraphBuilder, x: string, node: Node): string =>
  b.Transpose(b.Reshape(x, [0, 0, attribute(node, "num_heads", "int", 1), -1]), [0, 2, 1, 3]);

/** softmax(q·kᵀ·scale + masks)·v as [B, S, hidden], and all keys and values. */
function attended(context: RewriteContext, { q, k, v, mask, maskRank, bias, past }: Heads) {
  const { b, node } = context;
  const [keys, values] = past ? [b.Concat([past[0], k], 2), b.Concat([past[1], v], 2)] : [k, v];
  const scaled = b.Mul(b.MatMul(q, b.Transpose(keys, [0, 1, 3, 2])), scaleOf(b, q, node));
  const terms = [
    ...(mask ? [maskTerm(b, mask, maskRank ?? 2, scaled, node)] : []),
    ...(attribute(node, "unidirectional", "int", 0) === 1 ? [causalTerm(b, scaled)] : []),
    ...(bias ? [bias] : []),
  ];
  const scores = terms.reduce((sum, term) => b.Add(sum, term), scaled);
  const weighted = b.MatMul(b.Softmax(scores, -1), values);
  return { y: b.Reshape(b.Transpose(weighted, [0, 2, 1, 3]), [0, 0, -1]), keys, values };
}

/** The attribute `scale`, or 1 / √(head size). */
function scaleOf(b: GraphBuilder, q: string, node: Node): string {
  const scale = attribute(node, "scale", "float", 0);
  if (scale !== 0) return b.scalar(scale);
  const size = b.Cast(b.add("Shape", [q], { start: int(3) }), "float32");
  return b.add("Reciprocal", [b.Sqrt(size)]);
}

/** The size of an axis as an int64 scalar. */
const sizeAlong = (b: GraphBuilder, value: string, axis: number) =>
  b.add("Squeeze", [b.add("Shape", [value], { start: int(axis), end: int(axis + 1) })]);

/** 0, 1, … count - 1. */
const positions = (b: GraphBuilder, count: string) => b.add("Range", [whole(b, 0), count, whole(b, 1)]);

/** An int64 scalar. */
const whole = (b: GraphBuilder, value: number) => b.constant(int64([value], []));

/** `mask_filter_value` at keys that do not count, 0 at others. */
function maskTerm(b: GraphBuilder, mask: string, rank: number, scores: string, node: Node): string {
  const filter = b.scalar(attribute(node, "mask_filter_value", "float", -10000));
  const kept =
    rank === 1
      ? b.Less(positions(b, sizeAlong(b, scores, 3)), b.Unsqueeze(b.Cast(mask, "int64"), [1]))
      : b.Greater(b.Cast(mask, "int64"), b.integers([0]));
  const broadcast = b.Unsqueeze(kept, rank === 3 ? [1] : [1, 2]);
  return b.Mul(b.Cast(b.Not(broadcast), "float32"), filter);
}

/** The lowest float32 at keys behind the query; the last query sees all keys. */
function causalTerm(b: GraphBuilder, scores: string): string {
  const [queries, keys] = [sizeAlong(b, scores, 2), sizeAlong(b, scores, 3)];
  const own = b.Unsqueeze(b.Add(positions(b, queries), b.Sub(keys, queries)), [1]);
  return b.Mul(b.Cast(b.Greater(positions(b, keys), own), "float32"), b.scalar(LOWEST));
}

/** Far below any score, and finite, so that 0 times it is 0. */
const LOWEST = -1e30;
