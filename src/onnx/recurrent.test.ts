import assert from "node:assert/strict";
import { test } from "node:test";
import { probe } from "../runtime/probe.js";
import { Session, type Tensors } from "../runtime/session.js";
import { GraphBuilder, int } from "./builder.js";
import { decodeModel } from "./decode.js";
import { encodeModel } from "./encode.js";
import { type Graph, withOutputs } from "./graph.js";
import { float32, sizeOf, type Tensor } from "./tensor.js";

const [times, n, inputs, hidden] = [3, 2, 2, 3];
const waves = (shape: readonly number[], phase: number): Tensor =>
  float32(
    Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1.3 * i + phase)),
    shape,
  );

/** A network with its first two axes, time and batch, in the order of `layout`. */
function network(op: string, gates: number, layout: 0 | 1): Graph {
  const b = new GraphBuilder("network");
  const x = b.input("x", layout ? [n, times, inputs] : [times, n, inputs]);
  const state = b.input("state", layout ? [n, 1, hidden] : [1, n, hidden]);
  const weights = [
    [1, gates * hidden, inputs],
    [1, gates * hidden, hidden],
  ].map((shape) => b.constant(waves(shape, 1)));
  b.addMany(op, [x, ...weights, "", "", state], { hidden_size: int(hidden), layout: int(layout) }, ["y", "end"]);
  b.output("y", "y");
  b.output("end", "end");
  return b.build();
}

async function outputsOf(graph: Graph, feeds: Tensors): Promise<Tensors> {
  const session = await Session.create(graph);
  const results = await session.run(feeds);
  await session.release();
  return results;
}

/** The tensor with its axes permuted. */
function permuted({ shape, data }: Tensor, perm: readonly number[]): Tensor {
  const to = perm.map((axis) => shape[axis] ?? 1);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const values = Array.from({ length: sizeOf(to) }, (_, i) => {
    let [rest, from] = [i, 0];
    for (let axis = to.length - 1; axis >= 0; axis--) {
      from += (rest % (to[axis] ?? 1)) * (strides[perm[axis] ?? 0] ?? 1);
      rest = Math.floor(rest / (to[axis] ?? 1));
    }
    return Number(data[from]);
  });
  return float32(values, to);
}

for (const [op, gates] of [
  ["LSTM", 4],
  ["GRU", 3],
  ["RNN", 1],
] as const)
  test(`${op} with the batch first computes what ONNX Runtime computes with the time first`, async () => {
    const feeds = { x: waves([times, n, inputs], 0), state: waves([1, n, hidden], 2) };
    const expected = await outputsOf(network(op, gates, 0), feeds);
    const read = decodeModel(encodeModel(network(op, gates, 1)));
    const swapped = { x: permuted(feeds.x, [1, 0, 2]), state: permuted(feeds.state, [1, 0, 2]) };
    for (const graph of [read, withOutputs((await probe(read)).graph, ["y", "end"])]) {
      const got = await outputsOf(graph, swapped);
      assertNear(got.y, permuted(expected.y as Tensor, [2, 0, 1, 3]));
      assertNear(got.end, permuted(expected.end as Tensor, [1, 0, 2]));
    }
  });

function assertNear(got: Tensor | undefined, expected: Tensor): void {
  assert.deepEqual(got?.shape, expected.shape);
  for (const [i, value] of expected.data.entries()) assert.ok(Math.abs(Number(got?.data[i]) - Number(value)) < 1e-6);
}

test("a recurrent network of more steps than the limit stays, and has no gradient", async () => {
  const b = new GraphBuilder("long");
  const x = b.input("x", [1000, 1, 1]);
  const weights = [1, 2].map((phase) => b.constant(waves([1, 1, 1], phase)));
  b.output("y", b.add("RNN", [x, ...weights], { hidden_size: int(1) }));
  assert.deepEqual(
    (await probe(b.build())).graph.nodes.map(({ op }) => op),
    ["RNN", "Identity"],
  );
});
