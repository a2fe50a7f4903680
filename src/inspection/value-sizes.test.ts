import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder, int, string } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32, int64, type Tensor } from "../onnx/tensor.js";
import type { Tensors } from "../runtime/session.js";
import { lossGradients } from "./gradient.js";

const gradientOf = async (graph: Graph, tensors: Tensors): Promise<number[]> => {
  const { gradients } = await lossGradients(graph, tensors, { loss: "weighted-sum", wrt: ["x"] });
  return [...(gradients.x as Tensor).data].map((value) => Number(Number(value).toFixed(5)));
};

const built = (build: (b: GraphBuilder) => string): Graph => {
  const b = new GraphBuilder("sized");
  b.output("y", build(b));
  return b.build();
};

const x = float32([-1, 2, 3, -4], [4]);

test("NonZero: the gradient reaches the selected elements", async () => {
  const graph = built((b) => {
    const value = b.input("x", [4]);
    const positions = b.Transpose(b.add("NonZero", [b.Greater(value, b.zero)]), [1, 0]);
    return b.add("GatherND", [b.Mul(value, value), positions]);
  });
  assert.deepEqual(await gradientOf(graph, { x, weight: float32([10, 20]) }), [0, 40, 120, 0]);
});

test("Compress by an input: the gradient reaches the selected rows", async () => {
  const graph = built((b) => {
    const rows = b.Reshape(b.input("x", [4]), [2, 2]);
    return b.add("Compress", [rows, b.input("keep", [2], "bool")], { axis: int(0) });
  });
  const keep = (bits: readonly number[]): Tensor => ({ type: "bool", shape: [2], data: Uint8Array.from(bits) });
  const attempt = gradientOf(graph, { x, keep: keep([0, 1]), weight: float32([5, 6], [1, 2]) });
  const found = await attempt.catch((error: Error) => error.message);
  if (typeof found === "string") assert.match(found, /the operator Compress/);
  else assert.deepEqual(found, [0, 0, 5, 6]);
});

test("TopK with an input k: the gradient reaches the k largest elements", async () => {
  const graph = built(
    (b) => b.addMany("TopK", [b.input("x", [4]), b.input("k", [1], "int64")], { axis: int(0) }, 2)[0] as string,
  );
  assert.deepEqual(await gradientOf(graph, { x, k: int64([3]), weight: float32([7, 8, 9]) }), [9, 8, 7, 0]);
  assert.deepEqual(await gradientOf(graph, { x, k: int64([1]), weight: float32([7]) }), [0, 0, 7, 0]);
});

test("TopK with a k computed from the data: the gradient reaches the k largest elements", async () => {
  const graph = built((b) => {
    const value = b.input("x", [4]);
    const positive = b.ReduceSum(b.Cast(b.Greater(value, b.zero), "float32"), [0]);
    return b.addMany("TopK", [value, b.Cast(positive, "int64")], { axis: int(0) }, 2)[0] as string;
  });
  assert.deepEqual(await gradientOf(graph, { x, weight: float32([7, 8]) }), [0, 8, 7, 0]);
});

test("Slice, Reshape, Expand and Tile by an input: the given sizes are used", async () => {
  const n = int64([3]);
  const size = (b: GraphBuilder) => b.input("n", [1], "int64");
  const sliced = built((b) => b.add("Slice", [b.input("x", [4]), b.integers([0]), size(b)]));
  assert.deepEqual(await gradientOf(sliced, { x, n, weight: float32([1, 2, 3]) }), [1, 2, 3, 0]);
  const expanded = built((b) => {
    const shape = b.Concat([size(b), b.integers([4])], 0);
    return b.Expand(b.input("x", [4]), shape);
  });
  const weight = float32(
    Array.from({ length: 12 }, (_, i) => i),
    [3, 4],
  );
  assert.deepEqual(await gradientOf(expanded, { x, n, weight }), [12, 15, 18, 21]);
  const tiled = built((b) => b.add("Tile", [b.input("x", [4]), size(b)]));
  assert.deepEqual(await gradientOf(tiled, { x, n, weight: float32([...weight.data] as number[]) }), [12, 15, 18, 21]);
  const reshaped = built((b) => b.Mul(b.add("Reshape", [b.input("x", [4]), b.input("n", [2], "int64")]), b.scalar(2)));
  const given = { x, n: int64([2, 2]), weight: float32([1, 2, 3, 4], [2, 2]) };
  assert.deepEqual(await gradientOf(reshaped, given), [2, 4, 6, 8]);
});

test("Resize by an input size: the given size is used", async () => {
  const graph = built((b) => {
    const mode = { mode: string("nearest"), nearest_mode: string("floor") };
    const attributes = { ...mode, coordinate_transformation_mode: string("asymmetric") };
    return b.add(
      "Resize",
      [b.Reshape(b.input("x", [4]), [1, 1, 1, 4]), "", "", b.input("n", [4], "int64")],
      attributes,
    );
  });
  const weight = float32([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 8]);
  assert.deepEqual(await gradientOf(graph, { x, n: int64([1, 1, 1, 8]), weight }), [3, 7, 11, 15]);
});

/** Chooses between 2x and 3x. */
function branching(condition: (b: GraphBuilder) => string): Graph {
  return built((b) => {
    const branch = (name: string, factor: number): Graph => {
      const inner = new GraphBuilder(name);
      inner.add("Mul", ["x", inner.constant(float32([factor], []))], {}, `${name}/y`);
      const { nodes, initializers, opsets } = { ...unpruned(inner, `${name}/y`) };
      return { name, nodes, initializers, opsets, inputs: [], outputs: [{ name: `${name}/y` }], metadata: {} };
    };
    b.input("x", [4]);
    return b.add("If", [condition(b)], {
      then_branch: { kind: "graph", value: branch("then", 2) },
      else_branch: { kind: "graph", value: branch("else", 3) },
    });
  });
}

function unpruned(b: GraphBuilder, output: string): Graph {
  b.output(output, output);
  return b.build();
}

test("If by an integer input: the branch of the given value is differentiated", async () => {
  const graph = branching((b) => b.add("Cast", [b.input("n", [], "int64")], { to: int(9) }));
  const weight = float32([1, 1, 1, 1]);
  assert.deepEqual(await gradientOf(graph, { x, n: int64([1], []), weight }), [2, 2, 2, 2]);
  assert.deepEqual(await gradientOf(graph, { x, n: int64([0], []), weight }), [3, 3, 3, 3]);
});

test("If by the data: the branch that the given data takes is differentiated", async () => {
  const graph = branching((b) => b.Greater(b.ReduceSum("x", undefined, false), b.scalar(0.5)));
  const weight = float32([1, 1, 1, 1]);
  assert.deepEqual(await gradientOf(graph, { x, weight }), [3, 3, 3, 3]);
  assert.deepEqual(await gradientOf(graph, { x: float32([1, 1, 1, 1]), weight }), [2, 2, 2, 2]);
});

test("a loss tensor whose name is also an input of the model is given as loss.NAME", async () => {
  const graph = built((b) => b.Mul(b.input("x", [4]), b.input("weight", [4])));
  const weight = float32([1, 2, 3, 4]);
  assert.deepEqual(await gradientOf(graph, { x, weight, "loss.weight": float32([10, 10, 10, 10]) }), [10, 20, 30, 40]);
});
