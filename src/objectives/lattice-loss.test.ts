import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "../onnx/builder.js";
import { float32 } from "../onnx/tensor.js";
import { Session } from "../runtime/session.js";
import { latticeLoss } from "./lattice-loss.js";

/** The lattice loss of an error that is the same in both images and all channels. */
async function lossOf(side: number, error: (x: number, y: number) => number): Promise<number> {
  const b = new GraphBuilder("lattice");
  b.output("loss", latticeLoss(b, b.input("error", [2, 3, side, side]), 2, side), []);
  const session = await Session.create(b.build());
  const data = Float32Array.from({ length: 6 * side * side }, (_, i) => error(i % side, Math.floor(i / side) % side));
  const { loss } = await session.run({ error: float32(data, [2, 3, side, side]) });
  await session.release();
  return Number(loss?.data[0]);
}

const assertNear = (found: number, expected: number) =>
  assert.ok(Math.abs(found - expected) < 1e-5 * expected, `${found}, not ${expected}`);

test("the lattice loss of a woven pattern is its mean square", async () => {
  const woven = (x: number, y: number) => 0.1 * Math.cos((Math.PI * x) / 2) * Math.cos((Math.PI * y) / 2);
  for (const side of [32, 64]) assertNear(await lossOf(side, woven), 0.1 ** 2 / 4);
  const checkered = (x: number, y: number) => ((x + y) % 2 === 0 ? 0.2 : -0.2);
  assertNear(await lossOf(32, checkered), 0.04);
});

test("a pattern whose sign differs between windows counts as well", async () => {
  const opposed = (x: number, y: number) => (x < 64 ? 1 : -1) * ((x + y) % 2 === 0 ? 0.2 : -0.2);
  assertNear(await lossOf(128, opposed), 0.04);
});

test("a constant error and a wave of 32 pixels have no lattice loss", async () => {
  assert.ok((await lossOf(32, () => 0.3)) < 1e-10);
  // A window holds one period; its mean over the pixels of a phase is 0.
  assert.ok((await lossOf(32, (x) => Math.sin((2 * Math.PI * x) / 32))) < 1e-8);
});

test("pixels beyond the last whole window are not read", async () => {
  assert.ok((await lossOf(80, (x, y) => (x >= 64 || y >= 64 ? (x % 4) + (y % 3) : 0))) < 1e-10);
});
