import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formulaImage } from "../../testing/images.js";
import { hasShared, sharedPath, skipWithoutShared } from "../../testing/shared.js";
import type { Image } from "../images/image.js";
import { decodeImage } from "../platform/node/codec.js";
import { psnr, psnrY, psnrYRounded } from "./psnr.js";
import { ssim, ssimPytorch, ssimY } from "./ssim.js";
import { SsimMeter } from "./ssim-meter.js";

interface Pair {
  a: string;
  b: string;
  psnr: number;
  ssim_skimage: number;
  ssim_pytorch: number;
  psnr_y_crop4: number;
  psnr_y_rounded_crop4: number;
  ssim_y_crop4: number;
}

const imageOf = (file: string): Promise<Image> => decodeImage(sharedPath("reference/images", file));

const pairs: Pair[] = hasShared
  ? JSON.parse(readFileSync(sharedPath("reference/images/values.json"), "utf8")).pairs
  : [];

if (!hasShared) test("PSNR and SSIM equal the reference values", { skip: skipWithoutShared });

for (const pair of pairs)
  test(`PSNR and SSIM of ${pair.a} and ${pair.b} equal the reference values`, async () => {
    const [a, b] = await Promise.all([imageOf(pair.a), imageOf(pair.b)]);
    const near = (got: number, want: number, tolerance: number): void =>
      assert.ok(Math.abs(got - want) <= tolerance, `${got} instead of ${want}`);
    near(psnr(a, b), pair.psnr, 1e-4);
    near(psnrY(a, b, { border: 4 }), pair.psnr_y_crop4, 1e-4);
    near(psnrYRounded(a, b, { border: 4 }), pair.psnr_y_rounded_crop4, 1e-4);
    near(ssim(a, b), pair.ssim_skimage, 1e-6);
    near((await new SsimMeter().measure([a], b))[0] ?? 0, pair.ssim_skimage, 1e-5);
    near(ssimPytorch(a, b), pair.ssim_pytorch, 1e-6);
    near(ssimY(a, b, { border: 4 }), pair.ssim_y_crop4, 1e-6);
  });

const gray = (width: number, height: number, level: number): Image => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(level),
});

test("equal images have an SSIM of 1 and an infinite PSNR", () => {
  assert.equal(ssim(gray(11, 12, 77), gray(11, 12, 77)), 1);
  assert.equal(psnr(gray(11, 12, 77), gray(11, 12, 77)), Infinity);
});

test("one meter measures images of several sizes, flat and bright ones included, as ssim does", async () => {
  const meter = new SsimMeter();
  for (const [width, height] of [
    [11, 12],
    [35, 60],
    [130, 34],
  ] as const) {
    const clean = formulaImage(width, height);
    const others = [gray(width, height, 255), { ...clean, data: clean.data.map((value) => value >> 1) }, clean];
    const got = await meter.measure(others, clean);
    for (const [i, other] of others.entries()) assert.ok(Math.abs((got[i] ?? 0) - ssim(other, clean)) < 1e-5);
  }
  const white = gray(40, 40, 255);
  assert.ok(
    Math.abs(((await meter.measure([gray(40, 40, 254)], white))[0] ?? 0) - ssim(gray(40, 40, 254), white)) < 1e-5,
  );
  await assert.rejects(meter.measure([gray(12, 11, 0)], gray(11, 12, 0)), /cannot compare/);
  await assert.rejects(meter.measure([gray(10, 30, 0)], gray(10, 30, 0)), /^UserError: SSIM needs 11 pixels a side/);
});

test("images of different sizes are not compared", () => {
  assert.throws(
    () => psnr(gray(11, 12, 0), gray(12, 11, 0)),
    /^UserError: cannot compare an image of 11x12 with one of 12x11$/,
  );
  assert.throws(() => ssimPytorch(gray(11, 12, 0), gray(12, 11, 0)), /cannot compare/);
});

test("SSIM refuses an image that its window does not fit into", () => {
  assert.throws(() => ssim(gray(10, 30, 0), gray(10, 30, 0)), /^UserError: SSIM needs 11 pixels a side/);
});
