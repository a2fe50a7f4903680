import assert from "node:assert/strict";
import { test } from "node:test";
import { channelSums, flatImage, formulaImage, pixelAt } from "../../../testing/images.js";
import type { Image } from "../../images/image.js";
import { resize } from "../../images/resize.js";
import { encodeJpeg } from "../../platform/node/codec.js";
import { randomAt } from "../../random.js";
import { lineTaps } from "./deblur.js";
import { findTask, taskKinds } from "./index.js";
import { taskFrom } from "./settings.js";

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

/** Options of the task `all` that turn every stage off. */
const off = { scale: 1, blurProbability: 0, noiseProbability: 0, jpegProbability: 0 };
/** Options of the task `all` that halve the image bicubically and turn every other stage off but those in `on`. */
const only = (on: Record<string, unknown>) => ({ ...off, filter: "bicubic", scale: 2, ...on });
/** The first image halved as Pillow does, the input of the stages after downscaling. */
const halved = () => degrade("sr", { scale: 2 }, formulaImage(48, 32));

test("all without any stage but downscaling equals super-resolution, and at scale 1 the clean image", async () => {
  const clean = formulaImage(48, 32);
  assert.deepEqual(await degrade("all", off, clean), clean);
  for (const scale of [2, 4])
    assert.deepEqual(await degrade("all", only({ scale }), clean), await degrade("sr", { scale }, clean));
});

test("all with blur alone equals deblur, and with JPEG alone equals jpeg, both after super-resolution", async () => {
  const clean = formulaImage(48, 32);
  const blurred = await degrade("deblur", { sigma: 1.3 }, clean);
  const [blur, encode] = [only({ blur: 1.3, blurProbability: 1 }), only({ quality: 40, jpegProbability: 1 })];
  assert.deepEqual(await degrade("all", blur, clean), await degrade("sr", { scale: 2 }, blurred));
  assert.deepEqual(await degrade("all", encode, clean), await degrade("jpeg", { quality: 40 }, await halved()));
});

test("all downscales with each of the three filters for a third of the images", async () => {
  const clean = formulaImage(16, 16);
  const counts = new Map<string, number>();
  for (let i = 0; i < 300; i++) {
    const { data } = await degrade("all", only({ filter: "random" }), clean, i);
    counts.set(data.join(), (counts.get(data.join()) ?? 0) + 1);
  }
  const expected = (["bicubic", "bilinear", "box"] as const).map((filter) => resize(clean, 8, 8, filter).data.join());
  assert.deepEqual([...counts.keys()].sort(), expected.sort());
  for (const count of counts.values()) assert.ok(Math.abs(count - 100) < 41, `${count}`); // five standard deviations
});

test("the noise of all has the given deviation, and is equal in the channels only if gray", async () => {
  for (const grayProbability of [0, 1]) {
    const options = only({ noise: 0.1, noiseProbability: 1, grayProbability });
    const image = await degrade("all", options, flatImage(256, 256, GRAY));
    const { mean, deviation } = moments(image);
    assert.ok(Math.abs(mean - GRAY) < 1.1 && Math.abs(deviation - 25.5) < 0.8, `${mean}, ${deviation}`); // five standard errors
    const equal = image.data.filter((value, i) => i % 3 === 1 && value === image.data[i - 1]).length / 128 ** 2;
    // Two independent values are equal with probability 1 / (2 sqrt(pi) 25.5) = 0.011.
    assert.ok(grayProbability ? equal === 1 : equal < 0.02, `${equal}`);
  }
});

test("the stages of all occur with their probabilities, independently of each other", async () => {
  const clean = flatImage(8, 8, GRAY);
  clean.data.fill(255, 3 * 32); // an edge, which blur changes
  const stages = { blur: { blur: 1, blurProbability: 0.7 }, noise: { noise: 0.5, noiseProbability: 0.5 } };
  const happens = async (options: Record<string, unknown>, i: number) =>
    !Buffer.from((await degrade("all", options, clean, i)).data).equals(clean.data);
  const counts = { blur: 0, noise: 0, both: 0, either: 0 };
  const images = 1000;
  for (let i = 0; i < images; i++) {
    const [blur, noise, either] = [
      await happens({ ...off, ...stages.blur }, i),
      await happens({ ...off, ...stages.noise }, i),
      await happens({ ...off, ...stages.blur, ...stages.noise }, i),
    ];
    for (const [key, value] of Object.entries({ blur, noise, both: blur && noise, either }))
      counts[key as keyof typeof counts] += Number(value);
    assert.equal(either, blur || noise, `image ${i}`);
  }
  const expected = { blur: 0.7, noise: 0.5, both: 0.35, either: 0.85 };
  for (const [key, share] of Object.entries(expected))
    assert.ok(
      Math.abs(counts[key as keyof typeof counts] / images - share) < 0.08,
      `${key}: ${JSON.stringify(counts)}`,
    );
});

test("options of one stage of all change no random numbers of another", async () => {
  const noisy = { noise: "0.01..0.2", noiseProbability: 0.6 };
  for (let i = 0; i < 20; i++) {
    const alone = await degrade("all", only(noisy), formulaImage(48, 32), i);
    const encoding = { quality: 40, jpegProbability: 1 };
    const encoded = await degrade("all", only({ ...noisy, ...encoding }), formulaImage(48, 32), i);
    assert.deepEqual(encoded, await degrade("jpeg", { quality: 40 }, alone), `image ${i}`);
    const flat = flatImage(48, 32, GRAY); // blur and filters leave it flat
    const blurred = { blur: "0.5..2", blurProbability: 0.5, filter: "random" };
    const [plain, others] = [only(noisy), only({ ...noisy, ...blurred })];
    assert.deepEqual(await degrade("all", others, flat, i), await degrade("all", plain, flat, i), `image ${i}`);
  }
});

test("JPEG quality and probability of all are those given: a fifth of the images stays clean at 0.8", async () => {
  const clean = formulaImage(16, 16);
  const results = new Map<string, number>();
  for (let i = 0; i < 400; i++) {
    const { data } = await degrade("all", { ...off, quality: "10..11", jpegProbability: 0.8 }, clean, i);
    results.set(data.join(), (results.get(data.join()) ?? 0) + 1);
  }
  const share = async (quality: number) =>
    (results.get((await degrade("jpeg", { quality }, clean)).data.join()) ?? 0) / 400;
  assert.equal(results.size, 3);
  assert.ok(Math.abs((results.get(clean.data.join()) ?? 0) / 400 - 0.2) < 0.1);
  for (const quality of [10, 11]) assert.ok(Math.abs((await share(quality)) - 0.4) < 0.13, `${quality}`);
});

test("options of all without effect are refused as settings, and a probability above 1", () => {
  const settings = (options: Record<string, unknown>) => () => taskFrom({ task: "all", ...options });
  assert.throws(settings({ scale: 1, filter: "box" }), /`filter` has no effect on the task all/);
  assert.throws(settings({ noiseProbability: 0, noise: 0.1 }), /`noise` has no effect/);
  assert.throws(settings({ blurProbability: 1.5 }), /blurProbability: must be a number from 0 to 1/);
  assert.throws(settings({ scale: 3 }), /scale/);
  assert.equal(settings({ scale: 4, filter: "box", quality: "50..60" })().scale, 4);
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
