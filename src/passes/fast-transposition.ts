import type { GraphBuilder } from "../onnx/builder.js";
import { attribute, type Node } from "../onnx/graph.js";
import { replaceNodes } from "../onnx/matcher.js";
import { sizeOf, type Tensor } from "../onnx/tensor.js";
import { LARGE, type Pass, type PassContext, shapeOf } from "./pass.js";

/** From this many elements on that stay together, a Gather moves them faster. */
const ROW = 8;

/** A permutation of axes: output axis i is input axis perm[i], which has dims[perm[i]] elements. */
interface Permutation {
  readonly dims: readonly number[];
  readonly perm: readonly number[];
}

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
    return replaceNodes(
      graph,
      graph.nodes.flatMap((node) => {
        const move = moveOf(node, context, indices);
        return move ? [{ root: node, nodes: [node], add: (b) => replace(node, b, context, move) }] : [];
      }),
    );
  },
};

/** Adds the nodes that move the elements of a value, and returns their output; its shape is another. */
type Move = (b: GraphBuilder, x: string) => string;

/**
 * What replaces a transposition; undefined: the node stays.
 * @param indices constants of Gather that were added already, by permutation.
 */
function moveOf(node: Node, { shapes }: PassContext, indices: Map<string, string>): Move | undefined {
  const shape = shapes.get(node.inputs[0] ?? "") ?? [];
  if (node.op !== "Transpose" || node.domain !== "" || sizeOf(shape) < LARGE) return undefined;
  // Without the attribute the axes are in reverse order, which is left as it is.
  const merged = mergedAxes(shape, attribute(node, "perm", "ints", []));
  if (swapOf(merged.perm)) return undefined;
  if (rowOf(merged) >= ROW) return (b, x) => gathered(b, x, merged, indices);
  const swaps = twoSwaps(merged);
  return swaps && ((b, x) => exchanged(b, x, merged, swaps));
}

function replace({ inputs, outputs }: Node, b: GraphBuilder, context: PassContext, move: Move): void {
  const result = outputs[0] ?? "";
  b.add("Reshape", [move(b, inputs[0] ?? ""), b.integers(shapeOf(context, result))], {}, result);
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

type TwoSwaps = readonly [first: Swap, second: Swap];

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
function twoSwaps({ dims, perm }: Permutation): TwoSwaps | undefined {
  let best: { swaps: TwoSwaps; cost: number } | undefined;
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

function exchanged(b: GraphBuilder, x: string, { dims }: Permutation, [first, second]: TwoSwaps): string {
  const order = swapped(dims.length, first).map((axis) => dims[axis] as number);
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
