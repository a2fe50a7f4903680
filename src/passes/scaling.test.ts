import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32, sizeOf } from "../onnx/tensor.js";
import { blockedLayout } from "./blocked-layout.js";
import { passes } from "./index.js";
import type { PassContext } from "./pass.js";

/** Nodes of one repetition in `longGraph`. */
const PERIOD = 10;

/** A graph in which every pass finds matches throughout, and whose weights all repetitions share. */
function longGraph(nodes: number): { graph: Graph; context: PassContext } {
  const b = new GraphBuilder("long");
  const shapes = new Map<string, readonly number[]>();
  const [small, turned, features, halved] = [
    [4, 4, 512, 512],
    [512, 4, 512, 4],
    [4, 16, 512, 512],
    [4, 64, 256, 256],
  ];
  const shaped = (value: string, shape = features) => {
    shapes.set(value, shape);
    return value;
  };
  const constant = (shape: number[]) => shaped(b.constant(float32(new Float32Array(sizeOf(shape)), shape)), shape);
  const input = (name: string, shape: number[]) => shaped(b.input(name, shape), shape);
  const [frozen, statistics] = [constant([4, 4, 1, 1]), constant([4])];
  const weight = input("weight", [64, 4, 3, 3]);
  const narrow = input("narrow", [4, 16, 5, 5]);
  const slope = input("slope", [1, 1, 1]);
  let x = input("x", small);
  for (let i = 0; i < nodes; i += PERIOD) {
    const convolved = shaped(b.Conv(x, frozen), small);
    const normal = shaped(b.add("BatchNormalization", [convolved, ...Array(4).fill(statistics)]), small);
    const blocks = shaped(b.Conv(normal, weight, "", { pads: [1, 1, 1, 1], strides: [2, 2] }), halved);
    const rectified = shaped(b.Relu(shaped(b.PRelu(shaped(b.DepthToSpace(blocks, 2, "CRD")), slope))));
    const result = shaped(b.Conv(rectified, narrow, "", { pads: [2, 2, 2, 2] }), small);
    const negative = shaped(b.add("Min", [shaped(b.zero, []), result]), small);
    x = shaped(b.Transpose(shaped(b.Transpose(negative, [2, 0, 3, 1]), turned), [1, 3, 0, 2]), small);
  }
  b.output("y", shaped(b.ReduceSum(x, undefined, false), []));
  shaped("y", []);
  return { graph: b.build(), context: { shapes, block: 8 } };
}

/** The graph, and how many times one of its nodes has been looked at. */
function counted(graph: Graph): { graph: Graph; visits: () => number } {
  let visits = 0;
  const nodes = new Proxy(graph.nodes, {
    get: (target, key, receiver) => {
      if (typeof key === "string" && /^\d+$/.test(key)) visits++;
      return Reflect.get(target, key, receiver);
    },
  });
  return { graph: { ...graph, nodes }, visits: () => visits };
}

const [SHORT, LONG] = [2000, 8000];

for (const pass of passes) {
  test(`${pass.name} visits the nodes of a graph a number of times that does not grow with the graph`, () => {
    const perNode = [SHORT, LONG].map((size) => {
      const { graph, context } = longGraph(size);
      const { graph: watched, visits } = counted(graph);
      const rewritten = pass.apply(watched, context);
      assert.notEqual(rewritten, watched, "nothing was rewritten");
      return visits() / graph.nodes.length;
    });
    assert.ok((perNode[1] ?? 0) <= 1.1 * (perNode[0] ?? 0), `visits per node: ${perNode}`);
    assert.ok((perNode[1] ?? 0) <= 10, `visits per node: ${perNode}`);
  });

  test(`${pass.name} takes less than ten times as long on four times the nodes`, () => {
    const [short, long] = [SHORT, LONG].map((size) => {
      const { graph, context } = longGraph(size);
      const times = [1, 2, 3].map(() => {
        const start = performance.now();
        pass.apply(graph, context);
        return performance.now() - start;
      });
      return Math.min(...times);
    }) as [number, number];
    // Times of a few milliseconds are noise.
    assert.ok(long < 10 * short + 50, `${short} ms for ${SHORT} nodes, ${long} ms for ${LONG}`);
  });
}

test("blocked-layout takes a chain of 50 000 elementwise operators without running out of stack", () => {
  const b = new GraphBuilder("chain");
  const shape = [1, 16, 4, 4];
  const shapes = new Map<string, readonly number[]>();
  let x = b.Conv(b.input("x", shape), b.input("weight", [16, 16, 1, 1]));
  for (let i = 0; i < 50_000; i++) {
    shapes.set(x, shape);
    x = b.Neg(x);
  }
  shapes.set(x, shape);
  b.output("y", x);
  for (const [name, size] of [
    ["x", shape],
    ["y", shape],
    ["weight", [16, 16, 1, 1]],
  ] as const)
    shapes.set(name, size);
  const { nodes } = blockedLayout.apply(b.build(), { shapes, block: 8 });
  assert.equal(nodes.filter(({ op }) => op === "ReorderOutput").length, 1);
});
