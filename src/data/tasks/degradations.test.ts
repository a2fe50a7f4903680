import assert from "node:assert/strict";
import { test } from "node:test";
import { channelSums, flatImage, formulaImage, pixelAt } from "../../../testing/images.js";
import type { Image } from "../../images/image.js";
import { encodeJpeg } from "../../platform/node/codec.js";
import { randomAt } from "../../random.js";
import { lineTaps } from "./deblur.js";
import { findTask, taskKinds } from "./index.js";

const GRAY = 128;
const gray = flatImage(128, 128, GRAY);
const degrade = (name: string, options: Record<string, unknown>, image: Image, index = 0) =>
  findTask(name, options).degrade(image, randomAt(0, index));

/** Mean and standard deviation of the values. */
function moments({ data }: Image): { mean: number; deviation: number } {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  return { mean, deviation: Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length) };
}

test("noise of sigma 0.1 on gray has the mean of the gray and a standard deviation of 25.5 levels", async () => {
  const { mean, deviation } = moments(await degrade("denoise", {}, gray));
  assert.ok(Math.abs(mean - GRAY) < 0.6, `mean ${mean}`); // five standard errors
  assert.ok(Math.abs(deviation - 25.5) < 0.45, `deviation ${deviation}`);
});

test("noise is clamped: on black, half of the values stay black and none wraps around", async () => {
  const { data } = await degrade("denoise", { sigma: 0.05 }, flatImage(64, 64, 0));
  const black = data.filter((value) => value === 0).length / data.length;
  assert.ok(Math.abs(black - 0.516) < 0.025, `${black} black`); // P(noise < half a level) = Phi(0.5 / 12.75)
  assert.ok(data.every((value) => value < 5.5 * 12.75));
});

test("the noise is uncorrelated between pixels and channels", async () => {
  const { data } = await degrade("denoise", {}, gray);
  for (const step of [1, 2, 3, 3 * gray.width]) {
    let sum = 0;
    for (let i = step; i < data.length; i++) sum += ((data[i] as number) - GRAY) * ((data[i - step] as number) - GRAY);
    const correlation = sum / (data.length - step) / 25.5 ** 2;
    assert.ok(Math.abs(correlation) < 0.023, `correlation ${correlation} over ${step} values`); // five standard errors
  }
});

test("sigma is sampled uniformly from its range for each image", async () => {
  const deviations: number[] = [];
  for (let i = 0; i < 100; i++) {
    const { deviation } = moments(await degrade("denoise", { sigma: "0.05..0.2" }, flatImage(32, 32, GRAY), i));
    deviations.push(deviation / 255);
  }
  deviations.sort((a, b) => a - b);
  assert.ok((deviations[0] as number) < 0.06 && (deviations[99] as number) > 0.185);
  assert.ok(Math.abs((deviations[50] as number) - 0.125) < 0.025, `median ${deviations[50]}`);
});

/** Pillow 9.4's `save(quality=…)` of the 45 x 37 image: sums of the channels, and of values weighted by position. */
const pillowJpeg = [
  { quality: 10, sums: [207199, 204656, 212318], weighted: 78995433, pixel: [117, 119, 98] },
  { quality: 40, sums: [210143, 202852, 218786], weighted: 80167945, pixel: [128, 135, 119] },
  { quality: 95, sums: [210626, 202989, 218215], weighted: 80097151, pixel: [101, 120, 75] },
];
/** Other implementations of the same algorithms can round differently: one level in 1 % of the values. */
const TOLERANCE = 0.01;

for (const { quality, sums, weighted, pixel } of pillowJpeg)
  test(`JPEG of quality ${quality} gives Pillow's pixels within rounding`, async () => {
    const image = await degrade("jpeg", { quality }, formulaImage(45, 37));
    for (const [i, sum] of channelSums(image).entries())
      assert.ok(Math.abs(sum - (sums[i] as number)) <= TOLERANCE * 45 * 37, `channel ${i}: ${sum}`);
    const got = image.data.reduce((sum, value, i) => sum + value * ((i % 251) + 1), 0);
    assert.ok(Math.abs(got - weighted) <= TOLERANCE * image.data.length * 126, `${got}`);
    assert.ok(pixelAt(image, 30, 20).every((value, i) => Math.abs(value - (pixel[i] as number)) <= 1));
  });

test("JPEG files have Pillow's quantization tables and chroma subsampling at quality 10", async () => {
  const file = await encodeJpeg(formulaImage(45, 37), 10);
  const segment = (marker: number) => file.subarray(file.indexOf(Buffer.of(0xff, marker)) + 4);
  assert.deepEqual([...segment(0xdb).subarray(1, 5)], [80, 55, 60, 70]); // zigzag order
  assert.deepEqual([...segment(0xc0).subarray(6, 15)], [1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
});

test("the error of JPEG decreases with quality, and quality is sampled from its range for each image", async () => {
  const clean = formulaImage(48, 48);
  const errors: number[] = [];
  for (const quality of [5, 10, 20, 40, 80])
    errors.push(squaredError(await degrade("jpeg", { quality }, clean), clean));
  assert.deepEqual(
    errors,
    [...errors].sort((a, b) => b - a),
  );
  const results = new Set<string>();
  for (let i = 0; i < 60; i++) results.add(String(channelSums(await degrade("jpeg", { quality: "10..13" }, clean, i))));
  assert.equal(results.size, 4);
});

const squaredError = (one: Image, other: Image): number =>
  one.data.reduce((sum, value, i) => sum + (value - (other.data[i] as number)) ** 2, 0);

test("a motion blur kernel sums to 1, is centered, and has the requested length and angle", () => {
  for (const [length, angle] of [
    [1, 0],
    [15, 30],
    [40.5, 110],
  ] as const) {
    const taps = lineTaps(length, angle);
    const moment = (of: (x: number, y: number) => number) =>
      taps.reduce((sum, { x, y, weight }) => sum + weight * of(x, y), 0);
    const close = (got: number, want: number, by: number) =>
      assert.ok(Math.abs(got - want) < by, `${got}, not ${want}`);
    close(
      moment(() => 1),
      1,
      1e-12,
    );
    close(
      moment((x) => x),
      0,
      1e-9,
    );
    close(
      moment((_, y) => y),
      0,
      1e-9,
    );
    // The variance along the line is length² / 12; distributing over pixels adds at most 1/4 in each direction.
    const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    const along = moment((x, y) => (x * cos - y * sin) ** 2);
    const across = moment((x, y) => (x * sin + y * cos) ** 2);
    close(along, length ** 2 / 12 + 0.125, 0.13);
    close(across, 0.125, 0.13);
  }
});

test("a horizontal motion blurs only along rows", async () => {
  const rows = formulaImage(1, 20);
  const striped: Image = { width: 30, height: 20, data: new Uint8Array(30 * 20 * 3) };
  for (let i = 0; i < striped.data.length; i++) striped.data[i] = rows.data[Math.floor(i / 90) * 3 + (i % 3)] as number;
  assert.deepEqual(await degrade("deblur", { kind: "motion", length: 9, angle: 0 }, striped), striped);
  assert.notDeepEqual(await degrade("deblur", { kind: "motion", length: 9, angle: 90 }, striped), striped);
});

test("the error of blur increases with sigma and length", async () => {
  const clean = formulaImage(40, 40);
  for (const growing of [
    [0.5, 1, 2, 4].map((sigma) => ({ kind: "gaussian", sigma })),
    [3, 7, 15].map((length) => ({ kind: "motion", length, angle: 20 })),
  ]) {
    const errors: number[] = [];
    for (const options of growing) errors.push(squaredError(await degrade("deblur", options, clean), clean));
    assert.deepEqual(
      errors,
      [...errors].sort((a, b) => a - b),
    );
  }
});

for (const options of [{ kind: "gaussian", sigma: 3 }, { kind: "motion" }])
  test(`a flat image stays flat under ${options.kind} blur`, async () => {
    for (const value of [0, 77, 255])
      assert.deepEqual(await degrade("deblur", options, flatImage(20, 13, value)), flatImage(20, 13, value));
  });

for (const { name, options } of taskKinds)
  test(`${name}: the same seed gives the same bytes, and resolved options resolve to themselves`, async () => {
    const task = findTask(name);
    const clean = formulaImage(48, 48);
    const [once, again] = [await task.degrade(clean, randomAt(3, 1)), await task.degrade(clean, randomAt(3, 1))];
    assert.deepEqual(once, again);
    assert.deepEqual([once.width * task.scale, once.height * task.scale], [48, 48]);
    assert.deepEqual(clean, formulaImage(48, 48), "the clean image was modified");
    assert.deepEqual(findTask(name, JSON.parse(JSON.stringify(task.options))).options, task.options);
    for (const [key, option] of Object.entries(options.shape))
      assert.ok(option.meta()?.description, `${key} has no description`);
  });
