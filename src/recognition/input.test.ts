import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { scoresOf } from "../../testing/scores.js";
import { writeTypedInput } from "../../testing/typed-inputs.js";
import type { GraphBuilder } from "../onnx/builder.js";
import type { DataType } from "../onnx/tensor.js";
import { randomAt } from "../random.js";
import { type RecognizerSettings, readRecognizer } from "./recognizer.js";

const SIDE = 4;
type Build = (b: GraphBuilder, x: string) => string;

/** A file whose input has this shape and type, and whose output is that in float32, or what `build` makes of it. */
const write = (
  t: TestContext,
  shape: readonly (number | string)[],
  type: DataType,
  build: Build = (b, x) => b.Reshape(x, [-1, SIDE * SIDE * Number(shape[1] === SIDE ? shape[3] : shape[1])]),
): Promise<string> => writeTypedInput(t, shape, type, build);

/** Levels of 0 to 255, and as an image in [0, 1]. */
const random = randomAt(3);
const levels = Float32Array.from({ length: 3 * SIDE * SIDE }, () => random.integer(256));
const image = levels.map((level) => level / 255);

const near = (got: readonly number[], expected: ArrayLike<number>, tolerance = 1e-4) => {
  assert.equal(got.length, expected.length);
  for (const [i, value] of got.entries())
    assert.ok(Math.abs(value - (expected[i] as number)) <= tolerance, `[${i}]: ${value}, not ${expected[i]}`);
};

test("an integer input gets pixels from 0 to 255 if nothing else is stated, int8 those minus 128", async (t) => {
  const inputs: [DataType, (level: number) => number][] = [
    ["uint8", (level) => level],
    ["int32", (level) => level],
    ["int8", (level) => level - 128],
  ];
  for (const [type, expected] of inputs)
    near(await scoresOf(await write(t, ["N", 3, SIDE, SIDE], type), {}, image), levels.map(expected));
  const rows = Array.from(levels, (_, i) => levels[(i % 3) * SIDE * SIDE + Math.floor(i / 3)] as number);
  near(await scoresOf(await write(t, ["N", SIDE, SIDE, 3], "uint8"), {}, image), rows);
});

test("pixels outside the range of images do not wrap around in an integer input", async (t) => {
  const path = await write(t, ["N", 3, SIDE, SIDE], "uint8");
  const beyond = image.map((value) => 3 * value - 1);
  near(
    await scoresOf(path, {}, beyond),
    beyond.map((value) => Math.round(255 * Math.min(1, Math.max(0, value)))),
    1,
  );
});

test("an integer input that a setting would reduce to a few levels is refused", async (t) => {
  const path = await write(t, ["N", 3, SIDE, SIDE], "uint8");
  await assert.rejects(readRecognizer(path, { range: 1 }), /is uint8, .* only 1 apart.*set `range` to 255/);
  writeFileSync(path.replace(/onnx$/, "json"), JSON.stringify({ input: { size: SIDE, mean: [0.5], std: [0.25] } }));
  await assert.rejects(readRecognizer(path), /only 4 apart/);
});

test("an input of float64 is not rounded", async (t) => {
  near(await scoresOf(await write(t, ["N", 3, SIDE, SIDE], "float64"), { range: 1 }, image), image);
});

test("a one-channel input gets the luma of BT.601", async (t) => {
  const area = SIDE * SIDE;
  const luma = image
    .slice(0, area)
    .map(
      (_, i) =>
        0.299 * (image[i] as number) + 0.587 * (image[area + i] as number) + 0.114 * (image[2 * area + i] as number),
    );
  for (const shape of [
    ["N", 1, SIDE, SIDE],
    ["N", SIDE, SIDE, 1],
  ]) {
    const path = await write(t, shape, "float32");
    near(await scoresOf(path, { range: 1 }, image), luma);
    near(
      await scoresOf(path, { range: 255, mean: [10, 10, 10], std: [2, 2, 2] }, image),
      luma.map((v) => (255 * v - 10) / 2),
      1e-3,
    );
    const { graph } = await readRecognizer(path, { range: 1 });
    assert.match(graph.notes?.join() ?? "", /gray is computed from RGB/);
  }
});

test("inputs that are no images are refused in one sentence", async (t) => {
  const refused = async (shape: readonly (number | string)[], expected: RegExp, settings: RecognizerSettings = {}) => {
    const path = await write(t, shape, "float32", (b, x) => b.Flatten(x));
    await assert.rejects(readRecognizer(path, { range: 1, size: SIDE, ...settings }), expected);
  };
  await refused(["N", 4, SIDE, SIDE], /its input has 4 channels; images have 3 .* or 1/);
  await refused(["N", 48], /its input is \[N, 48\], not images/);
  await refused(["N", 1, SIDE, SIDE], /has one channel, .*`channels` to GRAY/, { channels: "RGB" });
});
