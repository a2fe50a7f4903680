import type { GraphBuilder } from "../onnx/builder.js";
import { attribute, type Node } from "../onnx/graph.js";
import { type Match, type Pattern, rewrite } from "../onnx/matcher.js";
import { sizeOf, type Tensor } from "../onnx/tensor.js";
import { LARGE, type Pass, type PassContext, shapeOf } from "./pass.js";

/** From this many elements on that stay together, a Gather moves them faster. */
const ROW = 8;

/** A permutation of axes: output axis i is input axis perm[i], which has dims[perm[i]] elements. */
interface Permutation {
  readonly dims: readonly number[];
  readonly perm: readonly number[];
}

const transposition: Pattern<PassContext> = {
  op: "Transpose",
  where: (node, { shapes }) => {
    const shape = shapes.get(node.inputs[0] ?? "") ?? [];
    if (sizeOf(shape) < LARGE) return false;
    const merged = mergedAxes(shape, permOf(node));
    return swapOf(merged.perm) === undefined && (isOfRows(merged) || twoSwaps(merged) !== undefined);
  },
};

/** None: the axes in reverse order, which is left as it is. */
const permOf = (node: Node): readonly number[] => attribute(node, "perm", "ints", []);

/**
 * ONNX Runtime has fast code for exchanging two neighboring groups of axes. It computes any other transposition element by
 * element on one thread. Where whole rows move, as in a pixel shuffle in blocks, a Gather of rows uses all threads (112², 64
 * channels: 5.5 to 3.2 ms with two). Other transpositions, as of a convolution's weight, become two exchanges
 * (64 × 64 × 3 × 3: 0.36 to 0.18 ms).
 */
export const fastTransposition: Pass = {
  name: "fast-transposition",
  summary: "compute transpositions of several axes as a Gather of rows or as two simpler ones",
  stage: "step",
  needsShapes: true,
  cpuOnly: true,
  apply(graph, context) {
    const indices = new Map<string, string>();
    return rewrite(graph, context, [[transposition, (match, b) => replace(match, b, context, indices)]]);
  },
};

/** @param indices constants of Gather that were added already, by permutation. */
function replace(match: Match, b: GraphBuilder, context: PassContext, indices: Map<string, string>): void {
  const node = match.node(transposition);
  const [x = "", result = ""] = [node.inputs[0], node.outputs[0]];
  const merged = mergedAxes(shapeOf(context, x), permOf(node));
  const moved = isOfRows(merged) ? gathered(b, x, merged, indices) : exchanged(b, x, merged);
  b.add("Reshape", [moved, b.integers(shapeOf(context, result))], {}, result);
}

/** The permutation without axes of size 1, and with neighbors that remain neighbors as one axis. */
function mergedAxes(shape: readonly number[], perm: readonly number[]): Permutation {
  const places = shape.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  const order = perm.filter((axis) => shape[axis] !== 1).map((axis) => places.indexOf(axis));
  const starts = order.filter((place, i) => i === 0 || place !== (order[i - 1] as number) + 1);
  const sorted = starts.toSorted((a, b) => a - b);
  const sizes = places.map((axis) => shape[axis] as number);
  const dims = sorted.map((start, i) => sizeOf(sizes.slice(start, sorted[i + 1])));
  return { dims, perm: starts.map((start) => sorted.indexOf(start)) };
}

/** The elements at the end that stay together. */
const rowOf = ({ dims, perm }: Permutation): number => (perm.at(-1) === dims.length - 1 ? (dims.at(-1) as number) : 1);

const isOfRows = (permutation: Permutation): boolean => rowOf(permutation) >= ROW;

function gathered(b: GraphBuilder, x: string, permutation: Permutation, indices: Map<string, string>): string {
  const { dims, perm } = permutation;
  const outer = perm[0] === 0 ? (dims[0] as number) : 1;
  const row = rowOf(permutation);
  const inner = { dims: dims.slice(0, -1), perm: perm.slice(0, -1) };
  if (outer > 1) inner.dims[0] = 1;
  const key = `${inner.dims} ${inner.perm}`;
  const index = indices.get(key) ?? b.constant(rowOrder(inner));
  indices.set(key, index);
  return b.Gather(b.Reshape(x, [outer, sizeOf(inner.dims), row]), index, 1);
}

/** For each row of the output, its place in the input. */
function rowOrder({ dims, perm }: Permutation): Tensor {
  let places = new Int32Array(1);
  for (const axis of perm) {
    const [size, stride] = [dims[axis] as number, sizeOf(dims.slice(axis + 1))];
    const outer = places;
    places = new Int32Array(outer.length * size);
    for (let i = 0; i < places.length; i++) places[i] = (outer[Math.floor(i / size)] as number) + (i % size) * stride;
  }
  return { type: "int32", shape: [places.length], data: places };
}

/** The exchange of the neighboring groups of axes `from` to `middle` and `middle` to `to`. */
interface Swap {
  readonly from: number;
  readonly middle: number;
  readonly to: number;
}

/** The one exchange that a permutation consists of, if it does; that of nothing for the identity. */
function swapOf(perm: readonly number[]): Swap | undefined {
  const from = perm.findIndex((axis, i) => axis !== i);
  const middle = perm[from] ?? 0;
  const to = middle + perm.indexOf(from) - from;
  const swap = { from: Math.max(from, 0), middle, to };
  return from === -1 || swapped(perm.length, swap).join() === perm.join() ? swap : undefined;
}

/** The axes 0 to `rank` - 1 after an exchange. */
function swapped(rank: number, { from, middle, to }: Swap): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return [...axes.slice(0, from), ...axes.slice(middle, to), ...axes.slice(from, middle), ...axes.slice(to)];
}

/** Two exchanges that make up a permutation, of all such pairs the one that moves the largest pieces. */
function twoSwaps({ dims, perm }: Permutation): readonly [Swap, Swap] | undefined {
  let best: { swaps: readonly [Swap, Swap]; cost: number } | undefined;
  for (const first of allSwaps(perm.length)) {
    const order = swapped(perm.length, first);
    const second = swapOf(perm.map((axis) => order.indexOf(axis)));
    if (!second) continue;
    const pieces = [sizeOf(dims.slice(first.to)), sizeOf(order.slice(second.to).map((axis) => dims[axis] as number))];
    const cost = pieces.reduce((sum, piece) => sum + 1 / piece, 0);
    if (!best || cost < best.cost) best = { swaps: [first, second], cost };
  }
  return best?.swaps;
}

function allSwaps(rank: number): Swap[] {
  const axes = Array.from({ length: rank + 1 }, (_, axis) => axis);
  return axes.flatMap((from) =>
    axes.slice(from + 1).flatMap((middle) => axes.slice(middle + 1).map((to) => ({ from, middle, to }))),
  );
}

function exchanged(b: GraphBuilder, x: string, { dims, perm }: Permutation): string {
  const [first, second] = twoSwaps({ dims, perm }) as readonly [Swap, Swap];
  const order = swapped(perm.length, first).map((axis) => dims[axis] as number);
  return exchange(b, exchange(b, x, dims, first), order, second);
}

const exchange = (b: GraphBuilder, x: string, dims: readonly number[], { from, middle, to }: Swap): string =>
  b.Transpose(
    b.Reshape(x, [
      sizeOf(dims.slice(0, from)),
      sizeOf(dims.slice(from, middle)),
      sizeOf(dims.slice(middle, to)),
      sizeOf(dims.slice(to)),
    ]),
    [0, 2, 1, 3],
  );
