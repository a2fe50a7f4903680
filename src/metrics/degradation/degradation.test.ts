import assert from "node:assert/strict";
import { test } from "node:test";
import { flatImage, formulaImage } from "../../../testing/images.js";
import { findTask } from "../../data/tasks/index.js";
import { crop } from "../../images/crop.js";
import type { Image } from "../../images/image.js";
import { randomAt } from "../../random.js";
import { renderScene } from "../../synthetic/render.js";
import type { Plane } from "../luma.js";
import { median } from "../median.js";
import { blockiness } from "./blockiness.js";
import { blurEffect } from "./blur.js";
import { degradationOf } from "./degradation.js";
import { jpegQuality } from "./jpeg-quality.js";
import { diagonalBand, noiseLevel } from "./noise.js";

const near = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected} ± ${tolerance}`);

const channelOf = ({ width, height, data }: Image, channel: number, levels = 255): Plane => ({
  ...{ width, height },
  data: Float64Array.from({ length: width * height }, (_, i) => (data[3 * i + channel] as number) / levels),
});

/** Smooth synthetic images of the generator, 192 pixels a side, blurred so that they have neither texture nor noise of their own. */
const scenes = await Promise.all(
  [0, 1, 2].map(async (index) => {
    const { image } = renderScene({ style: index === 1 ? "outline" : "filled", size: 192 }, 0, index);
    return findTask("deblur", { sigma: 1.2 }).degrade(image, randomAt(0, index));
  }),
);

const noisy = (sigma: number) =>
  Promise.all(scenes.map((image, i) => findTask("denoise", { sigma }).degrade(image, randomAt(2, i))));
const compressed = (quality: number) =>
  Promise.all(scenes.map((image, i) => findTask("jpeg", { quality }).degrade(image, randomAt(3, i))));

for (const { width, height, sigma, blurs } of [
  { width: 40, height: 30, sigma: 0.23590453780715534, blurs: [0.5745801531481493, 0.15865674116610093] },
  { width: 33, height: 27, sigma: 0.29732534416231576, blurs: [0.5582317177015564, 0.14577608519662955] },
])
  test(`the wavelet's noise level and the blur effect of ${width}x${height} pixels equal those of scikit-image`, () => {
    const image = formulaImage(width, height);
    const { data } = diagonalBand(channelOf(image, 1));
    // estimate_sigma leaves out coefficients that are exactly 0.
    const magnitudes = Array.from(data, Math.abs).filter((value) => value !== 0);
    near(median(magnitudes) / 0.6744897501960817, sigma, 1e-9);
    for (const [channel, blur] of blurs.entries()) near(blurEffect(channelOf(image, channel)), blur, 1e-6);
  });

test("the standard deviation of added noise is recovered within 10 % and 0.004", async () => {
  for (const sigma of [0.02, 0.05, 0.15])
    for (const image of await noisy(sigma)) near(noiseLevel(image), sigma, 0.1 * sigma + 0.004);
});

test("an image without noise has an estimate below 0.004, and a flat one 0", () => {
  for (const image of scenes) assert.ok(noiseLevel(image) < 0.004, `${noiseLevel(image)}`);
  near(noiseLevel(flatImage(64, 64, 90)), 0, 1e-12);
});

test("the quality of a JPEG file is recovered from its pixels within 1", async () => {
  for (const quality of [5, 10, 30, 80])
    for (const image of await compressed(quality)) near(jpegQuality(image, { left: 0, top: 0 }), quality, 1);
});

test("no quantization is found in images that were never compressed, in noisy ones and in a flat one", async () => {
  for (const image of [...scenes, ...(await noisy(0.05)), flatImage(64, 64, 90)])
    assert.equal(degradationOf(image).jpeg_quality, 100);
});

test("the grid and the quality of a JPEG file are found after it was cropped", async () => {
  for (const image of await compressed(15)) {
    const shifted = crop(image, 3, 6, image.width - 16, image.height - 16);
    const { left, top } = blockiness(channelOf(shifted, 1, 1));
    assert.deepEqual([left, top], [5, 2]);
    near(jpegQuality(shifted, { left, top }), 15, 1);
    near(degradationOf(shifted).jpeg_quality, 15, 1);
  }
});

test("blockiness falls as the quality of JPEG rises, and is about 1 without compression", async () => {
  const strengths = [];
  for (const quality of [10, 30, 70]) {
    const images = await compressed(quality);
    strengths.push(images.reduce((sum, image) => sum + blockiness(channelOf(image, 1)).strength, 0) / images.length);
  }
  const [low = 0, middle = 0, high = 0] = strengths;
  assert.ok(low > middle && middle > high, strengths.join());
  for (const image of await noisy(0.05)) near(blockiness(channelOf(image, 1)).strength, 1, 0.1);
});

test("the blur estimate rises with the standard deviation of the blur", async () => {
  const { image } = renderScene({ size: 192 }, 0, 3);
  const blurs = [blurEffect(channelOf(image, 1))];
  for (const sigma of [1, 2, 3])
    blurs.push(blurEffect(channelOf(await findTask("deblur", { sigma }).degrade(image, randomAt(4)), 1)));
  assert.deepEqual(
    blurs.toSorted((a, b) => a - b),
    blurs,
  );
});

test("images of any size have finite estimates: a single pixel, a line, a few pixels", () => {
  for (const [width, height] of [
    [1, 1],
    [1, 40],
    [7, 3],
    [9, 17],
  ] as const)
    for (const image of [formulaImage(width, height), flatImage(width, height, 255)])
      for (const [name, value] of Object.entries(degradationOf(image)))
        assert.ok(Number.isFinite(value), `${name} of ${width}x${height} is ${value}`);
});

test("a large image is examined in its middle, whose part begins with a block", async () => {
  const tile = renderScene({ size: 192 }, 0, 5).image;
  const [width, height] = [6 * tile.width, tile.height];
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return tile.data[3 * (y * tile.width + (x % tile.width)) + (i % 3)] as number;
  });
  const image = { width, height, data };
  const saved = await findTask("jpeg", { quality: 20 }).degrade(image, randomAt(5));
  near(degradationOf(saved).jpeg_quality, 20, 1);
});
