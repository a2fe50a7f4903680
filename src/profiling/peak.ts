import { GraphBuilder } from "../onnx/builder.js";
import { type Graph, specialize } from "../onnx/graph.js";
import { float32, sizeOf, zeros } from "../onnx/tensor.js";
import { coreCount } from "../platform/node/core-count.js";
import { probe } from "../runtime/probe.js";
import { Session } from "../runtime/session.js";
import { flopsOfGraph } from "./flops.js";

/** Runs of each graph; the fastest counts, because other load on the machine can only slow down a run. */
const RUNS = 12;

/**
 * Measures the peak performance of ONNX Runtime on this processor in GFLOP/s: the best of a large product of matrices and of
 * a chain of 3x3 convolutions with 128 channels, which the runtime computes in its blocked layout. Takes about a second.
 */
export async function measurePeak(threads: number = coreCount()): Promise<number> {
  let best = 0;
  for (const graph of [product(), convolutions()]) best = Math.max(best, await gflopsOf(graph, threads));
  return best;
}

async function gflopsOf(graph: Graph, threads: number): Promise<number> {
  const { shapes } = await probe(graph);
  const session = await Session.create(graph, { threads });
  const feeds = Object.fromEntries(graph.inputs.map(({ name }) => [name, zeros("float32", shapes.get(name) ?? [])]));
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < RUNS; i++) {
    const start = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - start);
  }
  await session.release();
  return flopsOfGraph(graph, shapes) / best / 1e6;
}

/** 2048 x 2048 times 2048 x 2048: 17 GFLOP. */
function product(): Graph {
  const b = new GraphBuilder("peak of products");
  const side = [2048, 2048];
  b.output("y", b.MatMul(b.input("x", side), b.initializer("w", ones(side))));
  return b.build();
}

/** Four layers on [4, 128, 56, 56]: 15 GFLOP. */
function convolutions(): Graph {
  const b = new GraphBuilder("peak of convolutions");
  let x = b.input("x", ["N", 128, 56, 56]);
  for (let i = 0; i < 4; i++)
    x = b.Relu(b.Conv(x, b.initializer(`w${i}`, ones([128, 128, 3, 3])), "", { pads: [1, 1, 1, 1] }));
  // The mean avoids the time to copy a large output.
  b.output("y", b.GlobalAveragePool(x));
  return specialize(b.build(), { x: [4, 128, 56, 56] });
}

const ones = (shape: readonly number[]) => float32(new Float32Array(sizeOf(shape)).fill(1), shape);
