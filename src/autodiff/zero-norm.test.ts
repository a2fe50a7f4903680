import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder, int } from "../onnx/builder.js";
import { float32, toNumbers } from "../onnx/tensor.js";
import { probe } from "../runtime/probe.js";
import { Session } from "../runtime/session.js";
import { gradients } from "./gradients.js";

/** Of the rows [3, 4] and [0, 0]: as torch.linalg.vector_norm, and (dy - y·Σ dy·y) / 5 by hand. */
const cases: Record<string, [(b: GraphBuilder, x: string) => string, number[]]> = {
  ReduceL2: [(b, x) => b.add("ReduceL2", [x, b.integers([1])]), [0.6, 0.8, 0, 0]],
  LpNormalization: [(b, x) => b.add("LpNormalization", [x], { axis: int(1), p: int(2) }), [0.0128, -0.0096, 0, 0]],
};

for (const [op, [build, expected]] of Object.entries(cases))
  test(`the gradient of ${op} is 0 for a row of zeros, not NaN`, async () => {
    const b = new GraphBuilder(op);
    const y = build(b, b.input("x", [2, 2]));
    const weighted = op === "ReduceL2" ? y : b.Mul(y, b.constant(float32([1, 1.2, 3, 4], [2, 2])));
    b.output("loss", b.ReduceSum(weighted, undefined, false));
    const { graph, shapes } = await probe(b.build());
    const { graph: differentiated, gradients: found } = gradients(graph, "loss", ["x"], shapes);
    const name = found.get("x") as string;
    const session = await Session.create({ ...differentiated, outputs: [{ name, type: "float32", shape: [2, 2] }] });
    const results = await session.run({ x: float32([3, 4, 0, 0], [2, 2]) });
    const got = toNumbers(results[name] ?? assert.fail());
    for (const [i, value] of got.entries()) assert.ok(Math.abs(value - (expected[i] as number)) < 1e-6, `${got}`);
  });
