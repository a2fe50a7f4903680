import assert from "node:assert/strict";
import { test } from "node:test";
import type { Handling } from "../../data/handling/handling.js";
import { GraphBuilder } from "../../onnx/builder.js";
import { float32 } from "../../onnx/tensor.js";
import { Session } from "../../runtime/session.js";
import { handlingFeeds, randomHandling } from "./random-handling.js";

const [BATCH, SIDE] = [16, 32];
const shape = [BATCH, 3, SIDE, SIDE];
const wave = (period: number) =>
  float32(
    Float32Array.from(
      { length: 3 * BATCH * SIDE * SIDE },
      (_, i) => 0.5 + 0.4 * Math.sin((2 * Math.PI * (i % SIDE)) / period),
    ),
    shape,
  );

/** The handled images of a step, image by image, and the images as they were. */
async function handled(handlings: readonly Handling[], images = wave(8), step = 0) {
  const b = new GraphBuilder("handling");
  const handle = randomHandling(b, handlings, BATCH, SIDE);
  b.output("handled", handle(b.input("images", shape)), shape);
  const session = await Session.create(b.build());
  const results = await session.run({
    images,
    ...handlingFeeds(handlings, { seed: 3, step, batch: BATCH, side: SIDE }),
  });
  await session.release();
  const length = 3 * SIDE * SIDE;
  return Array.from({ length: BATCH }, (_, i) => {
    const of = (data: ArrayLike<number>) => Array.from({ length }, (_, j) => Number(data[i * length + j]));
    return { before: of(images.data as Float32Array), after: of(results.handled?.data as Float32Array) };
  });
}

const largestChange = ({ before, after }: { before: number[]; after: number[] }): number =>
  Math.max(...before.map((value, i) => Math.abs(value - (after[i] as number))));

test("each image gets each handling, with its own value", async () => {
  const blurred = await handled([{ kind: "blur", value: [0.5, 1] }], wave(4));
  for (const image of blurred) assert.ok(largestChange(image) > 0.05);
  assert.equal(new Set(blurred.map(largestChange)).size, BATCH);
  const saved = await handled([{ kind: "jpeg", value: [10, 20] }], wave(4));
  for (const image of saved) assert.ok(largestChange(image) > 0.01);
});

test("flat images stay flat under resizing, blur and shift", async () => {
  const flat = float32(new Float32Array(3 * BATCH * SIDE * SIDE).fill(0.7), shape);
  const kinds = [
    { kind: "resize", value: [0.4, 0.9] },
    { kind: "blur", value: [0.3, 1.5] },
    { kind: "shift", value: [0, 3] },
  ] as const;
  for (const image of await handled(kinds, flat)) assert.ok(largestChange(image) < 1e-5);
});

test("resizing by a half removes a wave of 3 pixels and keeps one of 16", async () => {
  const resize = [{ kind: "resize", value: 0.5 }] as const;
  const deviation = ({ after }: { after: number[] }) =>
    Math.sqrt(after.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / after.length);
  // The standard deviation of a sine of amplitude 0.4 is 0.283.
  for (const image of await handled(resize, wave(3))) assert.ok(deviation(image) < 0.1, `${deviation(image)}`);
  for (const image of await handled(resize, wave(16))) assert.ok(deviation(image) > 0.25, `${deviation(image)}`);
});

test("a shift moves images by at most its range, in both directions", async () => {
  const ramp = float32(
    Float32Array.from({ length: 3 * BATCH * SIDE * SIDE }, (_, i) => (i % SIDE) / 100),
    shape,
  );
  const at = 16 * SIDE + 16;
  const offsetOf = ({ before, after }: { before: number[]; after: number[] }) =>
    100 * ((before[at] as number) - (after[at] as number));
  const offsets: number[] = [];
  for (let step = 0; step < 8; step++)
    offsets.push(...(await handled([{ kind: "shift", value: 2 }], ramp, step)).map(offsetOf));
  assert.ok(offsets.every((offset) => Math.abs(offset) <= 2.001));
  assert.ok(Math.max(...offsets) > 0.5 && Math.min(...offsets) < -0.5, `${offsets}`);
});

test("the noise of handled images has the standard deviation of its range", async () => {
  const gray = float32(new Float32Array(3 * BATCH * SIDE * SIDE).fill(0.5), shape);
  for (const { after } of await handled([{ kind: "noise", value: 0.05 }], gray)) {
    const variance = after.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / after.length;
    assert.ok(Math.abs(Math.sqrt(variance) - 0.05) < 0.004);
  }
});

test("the handling follows from the seed and the step alone", () => {
  const handlings = [
    { kind: "jpeg", value: [50, 95] },
    { kind: "shift", value: [0, 2] },
    { kind: "noise", value: 0.01 },
  ] as const;
  const at = (seed: number, step: number) => handlingFeeds(handlings, { seed, step, batch: 2, side: 16 });
  assert.deepEqual(at(1, 7), at(1, 7));
  assert.notDeepEqual(at(1, 7), at(1, 8));
  assert.notDeepEqual(at(1, 7), at(2, 7));
});

test("an image that several recognizers read is handled once", () => {
  const b = new GraphBuilder("handling");
  const handle = randomHandling(b, [{ kind: "blur", value: 1 }], BATCH, SIDE);
  const [restored, clean] = ["restored", "clean"].map((name) => b.input(name, shape)) as [string, string];
  assert.equal(handle(restored), handle(restored));
  assert.notEqual(handle(restored), handle(clean));
});
