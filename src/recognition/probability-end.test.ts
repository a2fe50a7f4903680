import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder, int } from "../onnx/builder.js";
import { float32, toNumbers } from "../onnx/tensor.js";
import { Session } from "../runtime/session.js";
import { withScores } from "./logits.js";

const scores = [0.5, -2, 3, 1, 0, -1];

/** What `withScores` leaves of a classifier of three classes for these scores, and its notes. */
async function found(end: (b: GraphBuilder, z: string) => string) {
  const b = new GraphBuilder("net");
  b.output("y", end(b, b.input("z", ["N", 3])), ["N", 3]);
  const graph = withScores(b.build());
  const session = await Session.create(graph);
  const { y } = await session.run({ z: float32(scores, [2, 3]) });
  await session.release();
  return { values: y ? toNumbers(y) : [], notes: graph.notes ?? [] };
}

const axis = (b: GraphBuilder) => b.integers([1]);
const sumOf = (b: GraphBuilder, e: string, keepdims = 1) =>
  b.add("ReduceSum", [e, axis(b)], { keepdims: int(keepdims) });
const largest = (b: GraphBuilder, z: string) => b.add("ReduceMax", [z, axis(b)], { keepdims: int(1) });

/** Ends that are softmaxes: the scores may differ by a constant in each row. */
const softmaxes: Readonly<Record<string, (b: GraphBuilder, z: string) => string>> = {
  "exponentials divided by their sum": (b, z) => {
    const e = b.Exp(z);
    return b.Div(e, sumOf(b, e));
  },
  "the same after the maximum is subtracted": (b, z) => {
    const e = b.Exp(b.Sub(z, largest(b, z)));
    return b.Div(e, sumOf(b, e));
  },
  "a product with the reciprocal of the sum": (b, z) => {
    const e = b.Exp(z);
    return b.Mul(b.add("Reciprocal", [sumOf(b, e)]), e);
  },
  "a sum whose axis is restored": (b, z) => {
    const e = b.Exp(z);
    return b.Div(e, b.Unsqueeze(sumOf(b, e, 0), [1]));
  },
  "a normalization by L1 of exponentials": (b, z) => b.add("LpNormalization", [b.Exp(z)], { axis: int(-1), p: int(1) }),
  "the exponential of a LogSoftmax": (b, z) => b.Exp(b.LogSoftmax(z, 1)),
  "the exponential of z - ln Σ exp z": (b, z) => b.Exp(b.Sub(z, b.add("Log", [sumOf(b, b.Exp(z))]))),
  "the logarithm of a limited Softmax": (b, z) => b.add("Log", [b.Clip(b.Softmax(z, 1), b.scalar(1e-7), b.scalar(1))]),
  "the logarithm of a Softmax plus a small number": (b, z) => b.add("Log", [b.Add(b.Softmax(z, 1), b.scalar(1e-8))]),
};

test("the scores before a Softmax and a Slice are found", async () => {
  const { values } = await found((b, z) => b.Slice(b.Softmax(z, 1), [1], [1], [3]));
  assert.deepEqual(values, [-2, 3, 0, -1]);
});

for (const [what, end] of Object.entries(softmaxes))
  test(`the scores before ${what} are found, and a note names the node`, async () => {
    const { values, notes } = await found(end);
    for (const row of [0, 3]) {
      const shift = (values[row] as number) - (scores[row] as number);
      for (const i of [0, 1, 2])
        assert.ok(Math.abs((values[row + i] as number) - (scores[row + i] as number) - shift) < 1e-5, `${values}`);
    }
    assert.match(notes[0] ?? "", /^the softmax at its end .* is removed/);
  });

const sigmoids: Readonly<Record<string, (b: GraphBuilder, z: string) => string>> = {
  Sigmoid: (b, z) => b.Sigmoid(z),
  "1 / (1 + exp(-z))": (b, z) => b.Div(b.one, b.Add(b.one, b.Exp(b.Neg(z)))),
  "the reciprocal of 1 + exp(-z)": (b, z) => b.add("Reciprocal", [b.Add(b.Exp(b.Mul(z, b.scalar(-1))), b.one)]),
  "exp z / (1 + exp z)": (b, z) => {
    const e = b.Exp(z);
    return b.Div(e, b.Add(e, b.one));
  },
};

for (const [what, end] of Object.entries(sigmoids))
  test(`the scores before ${what} are found, and a note names the node`, async () => {
    const { values, notes } = await found(end);
    for (const [i, value] of values.entries()) assert.ok(Math.abs(value - (scores[i] as number)) < 1e-6, `${values}`);
    assert.match(notes[0] ?? "", /^the sigmoid at its end .* is removed/);
  });

test("other ends are kept: a quotient by another sum, a gate, a sum over the images", async () => {
  const kept: ((b: GraphBuilder, z: string) => string)[] = [
    (b, z) => b.Div(b.Exp(z), sumOf(b, b.Exp(b.Neg(z)))),
    (b, z) => b.Mul(z, b.Sigmoid(z)),
    (b, z) => {
      const e = b.Exp(z);
      return b.Div(e, b.ReduceSum(e, [0]));
    },
  ];
  for (const end of kept) assert.deepEqual((await found(end)).notes, []);
});
