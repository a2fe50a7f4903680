import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder, int } from "../onnx/builder.js";
import { withOutputs } from "../onnx/graph.js";
import { typeCodes } from "../onnx/schema.js";
import { type DataType, float32, type Tensor } from "../onnx/tensor.js";
import { probe } from "../runtime/probe.js";
import { Session } from "../runtime/session.js";
import { stopsOf } from "./flow.js";
import { gradients, obstacles } from "./gradients.js";

type Build = (b: GraphBuilder, x: string) => string;

/** Whole numbers, where rounding changes nothing. */
const x = float32(
  Float32Array.from({ length: 16 }, (_, i) => (7 * i) % 16),
  [1, 1, 4, 4],
);

/** d Σ sin(k)·y_k / d x, where y are the elements of what `build` returns; null where no gradient passes. */
async function gradientOf(build: Build, at: Tensor = x): Promise<number[] | null> {
  const b = new GraphBuilder("rounded");
  b.output("y", build(b, b.input("x", at.shape)));
  const { shapes } = await probe(b.build());
  const shape = shapes.get("y") ?? [];
  const weight = Float32Array.from({ length: shape.reduce((n, size) => n * size, 1) }, (_, k) => Math.sin(k + 1));
  b.output("loss", b.ReduceSum(b.Mul("y", b.constant(float32(weight, shape))), undefined, false));
  const probed = await probe(b.build());
  const found = gradients(probed.graph, "loss", ["x"], probed.shapes);
  const name = found.gradients.get("x");
  if (!name) return null;
  const session = await Session.create(withOutputs(found.graph, [name]));
  const result = (await session.run({ x: at }))[name];
  await session.release();
  assert.equal(result?.type, "float32");
  return Array.from(result?.data as Float32Array);
}

async function assertEqualGradients(rounded: Build, plain: Build, at: Tensor = x): Promise<void> {
  const [got, expected] = [await gradientOf(rounded, at), await gradientOf(plain, at)];
  assert.ok(expected, "the plain graph passes no gradient");
  assert.ok(expected.some((value) => value !== 0));
  assert.equal(got?.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs((got[i] as number) - value) <= 1e-5 * (1 + Math.abs(value)), `${i}: ${got[i]} for ${value}`);
}

const cast = (b: GraphBuilder, value: string, type: DataType): string =>
  b.add("Cast", [value], { to: int(typeCodes[type]) });

for (const op of ["Floor", "Ceil", "Round"])
  test(`${op} passes the gradient straight through`, () =>
    assertEqualGradients(
      (b, v) => b.Sigmoid(b.Mul(b.add(op, [v]), b.scalar(0.1))),
      (b, v) => b.Sigmoid(b.Mul(v, b.scalar(0.1))),
    ));

for (const type of ["uint8", "int8", "int16", "uint16", "int32", "uint32", "int64"] as const)
  test(`a cast to ${type} and back passes the gradient straight through`, () =>
    assertEqualGradients(
      (b, v) => b.Sigmoid(cast(b, cast(b, v, type), "float32")),
      (b, v) => b.Sigmoid(v),
    ));

/** What happens between the casts, on integers of a type; `whole` returns a constant of that type. */
const between: Readonly<
  Record<string, readonly [DataType, (b: GraphBuilder, v: string, whole: (n: number) => string) => string]>
> = {
  "a product and a sum": ["int32", (b, v, whole) => b.Add(b.Mul(v, whole(3)), whole(2))],
  "the product with itself": ["int32", (b, v) => b.Mul(v, v)],
  "a quotient": ["int64", (b, v, whole) => b.Div(b.Mul(v, whole(6)), whole(3))],
  "a difference from a constant": ["int32", (b, v, whole) => b.Sub(whole(255), v)],
  "a transposition and a new shape": ["uint8", (b, v) => b.Reshape(b.Transpose(v, [0, 3, 1, 2]), [2, 8])],
  "a slice and a concatenation": ["uint8", (b, v) => b.Concat([b.Slice(v, [2], [1], [3]), v], 2)],
  "a gather": ["uint8", (b, v) => b.Gather(v, b.integers([2, 0, 2]), 3)],
  "a maximum pooling": ["uint8", (b, v) => b.MaxPool(v, [2, 2], { strides: [2, 2] })],
  "a limit": ["int32", (b, v, whole) => b.Clip(v, whole(3), whole(11))],
  "a choice": ["int32", (b, v, whole) => b.Where(b.Greater(v, whole(7)), b.Mul(v, whole(2)), v)],
  "a sum over an axis": ["int32", (b, v) => b.ReduceSum(v, [3])],
  "a matrix product": ["int32", (b, v) => b.MatMul(b.Reshape(v, [4, 4]), b.Reshape(v, [4, 4]))],
  "another integer type": ["uint8", (b, v, whole) => b.Add(cast(b, v, "int32"), cast(b, whole(1), "int32"))],
};
for (const [what, [type, compute]] of Object.entries(between))
  test(`between two casts, ${what} of ${type} has the gradient of ${what} of float32`, () => {
    const built =
      (rounded: boolean): Build =>
      (b, v) => {
        const whole = (n: number) => {
          const constant = b.scalar(n);
          return rounded ? cast(b, constant, type) : constant;
        };
        if (!rounded && what === "another integer type") return b.Sigmoid(b.Add(v, b.one));
        return b.Sigmoid(b.Mul(cast(b, compute(b, rounded ? cast(b, v, type) : v, whole), "float32"), b.scalar(0.05)));
      };
    const scaled: Build = (b, v) => b.Sigmoid(b.Mul(b.Add(v, b.one), b.scalar(0.05)));
    return assertEqualGradients(built(true), what === "another integer type" ? scaled : built(false));
  });

test("integers that are indices, comparisons and their masks pass no gradient", async () => {
  const table = (b: GraphBuilder) => b.constant(float32(Float32Array.from({ length: 32 }, (_, i) => i * i)));
  assert.equal(await gradientOf((b, v) => b.Gather(table(b), cast(b, b.add("Floor", [v]), "int64"), 0)), null);
  assert.equal(await gradientOf((b, v) => b.Cast(b.Greater(v, b.scalar(5)), "float32")), null);
  assert.equal(await gradientOf((b, v) => cast(b, cast(b, v, "bool"), "float32")), null);
  await assertEqualGradients(
    (b, v) => b.Mul(v, b.Gather(table(b), cast(b, v, "int64"), 0)),
    (b, v) =>
      b.Mul(
        v,
        b.constant(
          float32(
            (x.data as Float32Array).map((n) => n * n),
            x.shape,
          ),
        ),
      ),
  );
});

const between0and9 = float32(
  Float32Array.from({ length: 16 }, (_, i) => 0.3 + 0.55 * i),
  [1, 1, 4, 4],
);

test("a fractional part has the derivative 1, as in PyTorch", async () => {
  const identity: Build = (_, v) => v;
  for (const fraction of [
    (b: GraphBuilder, v: string) => b.Sub(v, b.add("Floor", [v])),
    (b: GraphBuilder, v: string) => b.Sub(v, b.Mul(b.Sign(v), b.add("Floor", [b.Abs(v)]))),
    (b: GraphBuilder, v: string) => b.Sub(v, cast(b, cast(b, v, "int64"), "float32")),
    (b: GraphBuilder, v: string) => b.Sub(v, b.Mul(b.add("Floor", [b.Div(v, b.scalar(3))]), b.scalar(3))),
  ])
    await assertEqualGradients(fraction, identity, between0and9);
});

test("the weights of an interpolation that is written out have the gradient of its coordinates", async () => {
  const table = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
  await assertEqualGradients(
    (b, v) => {
      const [values, low] = [b.constant(float32(table)), cast(b, b.add("Floor", [v]), "int64")];
      const high = b.Add(low, b.constant({ type: "int64", shape: [], data: BigInt64Array.of(1n) }));
      const toHigh = b.Sub(b.Cast(high, "float32"), v);
      return b.Add(b.Mul(b.Gather(values, low, 0), toHigh), b.Mul(b.Gather(values, high, 0), b.Sub(b.one, toHigh)));
    },
    (b, v) => {
      const slopes = (between0and9.data as Float32Array).map(
        (at) => (table[Math.floor(at) + 1] as number) - (table[Math.floor(at)] as number),
      );
      return b.Mul(v, b.constant(float32(slopes, v ? between0and9.shape : [])));
    },
    between0and9,
  );
});

test("the straight-through estimate that a network writes out itself is kept", () =>
  assertEqualGradients(
    (b, v) => b.Add(v, b.Sub(b.add("Round", [v]), v)),
    (_, v) => v,
  ));

test("rounding behind a limit, as in simulated quantization, has no gradient outside the limit", async () => {
  const got = await gradientOf((b, v) => b.add("Round", [b.Clip(v, b.scalar(2), b.scalar(9))]));
  for (const [i, value] of (got ?? []).entries()) {
    const inside = (x.data[i] as number) >= 2 && (x.data[i] as number) <= 9;
    assert.ok(Math.abs(value - (inside ? Math.sin(i + 1) : 0)) < 1e-6);
  }
});

test("float64 between two casts has the gradient of float32", () => {
  const compute =
    (type: DataType): Build =>
    (b, v) => {
      const [wide, low, high] = [v, b.scalar(2), b.scalar(9)].map((each) => cast(b, each, type)) as [
        string,
        string,
        string,
      ];
      return cast(b, b.Sigmoid(b.Div(b.Relu(b.Clip(wide, low, high)), high)), "float32");
    };
  return assertEqualGradients(compute("float64"), compute("float32"));
});

test("the node that stops a gradient is found", () => {
  const stops = (build: Build) => {
    const b = new GraphBuilder("stopped");
    b.output("y", build(b, b.input("x", x.shape)));
    return stopsOf(b.build(), "y", ["x"]).map(({ op }) => op);
  };
  const oneHot = (b: GraphBuilder, v: string) =>
    b.add("OneHot", [b.add("ArgMax", [b.Sigmoid(v)]), b.integers([4]), b.constant(float32([0, 1]))]);
  assert.deepEqual(stops(oneHot), ["ArgMax"]);
  assert.deepEqual(
    stops((b, v) => b.Cast(b.Greater(v, b.one), "float32")),
    ["Greater"],
  );
  assert.deepEqual(
    stops((b, v) => b.Gather(b.constant(float32([1, 2])), b.Cast(v, "int64"), 0)),
    ["Gather"],
  );
  assert.deepEqual(
    stops((b, v) => b.Add(oneHot(b, v), v)),
    [],
  );
});

test("an If whose condition depends on data is an obstacle, and no value of it counts as a condition", () => {
  const b = new GraphBuilder("branching");
  const condition = b.Greater(b.ReduceSum(b.input("x", [2]), undefined, false), b.zero);
  const branch = (value: string) => {
    const inner = new GraphBuilder(value);
    inner.output("inner", inner.Identity(value));
    return { kind: "graph", value: { ...inner.build(), initializers: new Map() } } as const;
  };
  const taken = b.add("If", [condition], { then_branch: branch("x"), else_branch: branch("x") });
  b.output("y", b.Mul(taken, b.scalar(2)));
  const found = obstacles(b.build(), "y", ["x"]).map(({ node }) => node.op);
  assert.deepEqual(found, ["If"]);
});
