import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "../onnx/builder.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { Session } from "../runtime/session.js";
import { adam, adamScalars, CORRECTION, momentsOf, RATE } from "./adam.js";
import { scalars } from "./step.js";

/** Algorithm 1 of Kingma & Ba 2015 as published, for f(p) = Σ c·p² / 2 with gradient c·p. */
function publishedAlgorithm(p: number[], c: number[], rate: number, steps: number): number[] {
  const [m, v] = [p.map(() => 0), p.map(() => 0)];
  let current = [...p];
  for (let t = 1; t <= steps; t++)
    current = current.map((value, i) => {
      const g = (c[i] ?? 0) * value;
      m[i] = 0.9 * (m[i] ?? 0) + 0.1 * g;
      v[i] = 0.999 * (v[i] ?? 0) + 0.001 * g * g;
      return value - (rate * ((m[i] ?? 0) / (1 - 0.9 ** t))) / (Math.sqrt((v[i] ?? 0) / (1 - 0.999 ** t)) + 1e-8);
    });
  return current;
}

test("the Adam steps of the graph equal those of the published algorithm", async () => {
  const [start, curvature, rate, steps] = [[1, -2, 0.3, 4], [1, 10, 0.1, 3], 0.05, 25];
  const { first, second } = momentsOf("p");
  const b = new GraphBuilder("adam");
  for (const name of ["p", first, second]) b.input(name, [4]);
  for (const name of [RATE, CORRECTION]) b.input(name, []);
  const updated = adam(b, "p", b.Mul("p", b.constant(float32(curvature))));
  for (const value of Object.values(updated)) b.output(value, value);
  const session = await Session.create(b.build());
  let state: Record<string, Tensor> = {
    p: float32(start),
    [first]: float32([0, 0, 0, 0]),
    [second]: float32([0, 0, 0, 0]),
  };
  for (let t = 1; t <= steps; t++) {
    const results = await session.run({ ...state, ...scalars(adamScalars(rate, t)) });
    const output = (name: string) => results[name] as Tensor;
    state = { p: output(updated.parameter), [first]: output(updated.first), [second]: output(updated.second) };
  }
  const expected = publishedAlgorithm(start, curvature, rate, steps);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(value - Number(state.p?.data[i])) < 1e-5, `p[${i}]`);
});
