import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { COLORANTS, type Colorants, gammaCurve, iccProfile, sRgbCurve } from "../../../testing/icc-profile.js";
import { sharedPath, skipWithoutShared } from "../../../testing/shared.js";
import { tiffFile } from "../../../testing/tiff-file.js";
import { decodeRaster } from "../../enhancement/raster-codec.js";
import { type RgbProfile, readColorProfile, toSrgb8 } from "../../images/color-profile.js";
import { randomAt } from "../../random.js";
import { decodeImage } from "./codec.js";
import { pngChunk } from "./png.js";

const [width, height] = [32, 32];
const meanOf = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;

/** The sRGB level of linear light, by the standard's formula. */
function levelOf(light: number): number {
  const clipped = Math.min(Math.max(light, 0), 1);
  return 255 * (clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055);
}

/** Levels 0 to 255 in no order, with many 0 and 255: colors at the edge of the gamut. */
const levels = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
  i % 7 === 0 ? (i % 2) * 255 : (i * 7919) % 256,
);

/** A PNG with a color profile. */
async function pngOf(
  pixels: Uint8Array | Uint16Array,
  channels: 1 | 2 | 3 | 4,
  profile: Buffer,
  side = width,
): Promise<Buffer> {
  const space = channels < 3 ? "b-w" : "srgb";
  const deep = channels < 3 ? "grey16" : "rgb16";
  const png = await sharp(pixels, { raw: { width: side, height: side, channels } })
    .toColourspace(pixels instanceof Uint16Array ? deep : space)
    .png()
    .toBuffer();
  const chunk = pngChunk("iCCP", Buffer.concat([Buffer.from("icc\0\0"), deflateSync(profile)]));
  return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
}

/** The inverse of a 3 x 3 matrix, by cofactors. */
function inverse(m: number[][]): number[][] {
  const at = (r: number, c: number) => m[r % 3]?.[c % 3] as number;
  const cofactor = (r: number, c: number) => at(r + 1, c + 1) * at(r + 2, c + 2) - at(r + 1, c + 2) * at(r + 2, c + 1);
  const determinant = [0, 1, 2].reduce((sum, c) => sum + at(0, c) * cofactor(0, c), 0);
  return [0, 1, 2].map((r) => [0, 1, 2].map((c) => cofactor(c, r) / determinant));
}

const byRows = (columns: Colorants): number[][] => [0, 1, 2].map((r) => columns.map((column) => column[r] as number));
const times = (m: number[][], v: number[]) => m.map((row) => row.reduce((sum, a, i) => sum + a * (v[i] as number), 0));

for (const [name, gamma] of [
  ["Display P3", 2.2],
  ["Adobe RGB", 2.2],
  ["ProPhoto RGB", 1.8],
] as const)
  test(`16-bit ${name} is converted to sRGB within 0.2 levels, up to the edge of the gamut`, async () => {
    const colorants = COLORANTS[name];
    const profile = iccProfile(gammaCurve(gamma), colorants);
    const exponent = Math.round(gamma * 256) / 256;
    const toSrgb = inverse(byRows(COLORANTS.sRGB));
    const want = [];
    for (let i = 0; i < levels.length; i += 3) {
      const light = [...levels.subarray(i, i + 3)].map((level) => (level / 255) ** exponent);
      want.push(...times(toSrgb, times(byRows(colorants), light)).map(levelOf));
    }
    const deep = Uint16Array.from(levels, (level) => level * 257);
    const { raster } = await decodeRaster(await pngOf(deep, 3, profile), "image", { color: "srgb" });
    for (const [i, value] of raster.data.entries()) assert.ok(Math.abs(value / 257 - (want[i] as number)) <= 0.2);
    const shallow = await decodeImage(await pngOf(levels, 3, profile));
    const reduced = await decodeImage(await pngOf(deep, 3, profile));
    for (const [i, value] of reduced.data.entries()) assert.ok(Math.abs(value - (shallow.data[i] as number)) <= 1);
  });

const ramp = Uint16Array.from({ length: width * height }, (_, i) => (60 + (i % width) * 3) * 257);

for (const gamma of [1, 1.8, 2.6])
  test(`16-bit gray of gamma ${gamma} becomes sRGB in PNG and TIFF, with and without alpha`, async () => {
    const profile = iccProfile(gammaCurve(gamma));
    const exponent = Math.round(gamma * 256) / 256;
    const want = meanOf(Array.from(ramp, (v) => levelOf((v / 65535) ** exponent)));
    const withAlpha = Uint16Array.from({ length: 2 * ramp.length }, (_, i) =>
      i % 2 ? 65535 : (ramp[i >> 1] as number),
    );
    const file = { width, height, bits: 16, photometric: 1, profile };
    for (const content of [
      await pngOf(ramp, 1, profile),
      await pngOf(withAlpha, 2, profile),
      tiffFile({ ...file, data: ramp, channels: 1 }),
      tiffFile({ ...file, data: withAlpha, channels: 2, tags: { 338: [2] } }),
    ]) {
      assert.ok(Math.abs(meanOf((await decodeImage(content)).data) - want) < 0.3);
      const { raster, gray } = await decodeRaster(content, "image", { color: "srgb" });
      assert.ok(gray && raster.data instanceof Uint16Array);
      const colors = raster.data.filter((_, i) => raster.channels === 3 || i % 4 !== 3);
      assert.ok(Math.abs(meanOf(colors) / 257 - want) < 0.05);
    }
  });

test("16-bit pixels with the sRGB curve and colorants are unchanged within a 10th of a level", async () => {
  const deep = Uint16Array.from(levels, (level, i) => level * 256 + (i % 256));
  const { raster } = await decodeRaster(await pngOf(deep, 3, iccProfile(sRgbCurve(), COLORANTS.sRGB)), "image", {
    color: "srgb",
  });
  for (const [i, value] of raster.data.entries()) assert.ok(Math.abs(value - (deep[i] as number)) < 26);
});

test("a profile of RGB in a gray image and one that cannot be read are ignored", async () => {
  const wide = iccProfile(gammaCurve(1), COLORANTS["ProPhoto RGB"]);
  assert.equal(meanOf((await decodeImage(await pngOf(ramp, 1, wide))).data), meanOf(ramp) / 257);
  const deep = Uint16Array.from(levels, (level) => level * 257);
  const file = { width, height, bits: 16, photometric: 2, channels: 3, data: deep };
  for (const profile of [Buffer.alloc(200), wide.subarray(0, 200), Buffer.from("short")])
    assert.deepEqual((await decodeImage(tiffFile({ ...file, profile }))).data, levels);
});

/** The curve of sRGB as samples, a "curv" tag. */
function sampledSRgb(count: number): Buffer {
  const tag = Buffer.alloc(12 + 2 * count);
  tag.write("curv", 0);
  tag.writeUInt32BE(count, 8);
  for (let i = 0; i < count; i++) {
    const x = i / (count - 1);
    tag.writeUInt16BE(Math.round(65535 * (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)), 12 + 2 * i);
  }
  return tag;
}

test("8-bit RGB of any profile with curves and a matrix becomes the sRGB levels of libvips exactly", async () => {
  const random = randomAt(3);
  const side = 256;
  const colors = Uint8Array.from({ length: side * side * 3 }, () => random.integer(256));
  const curves = { gamma: gammaCurve(2.2), steep: gammaCurve(1.8), sRgb: sRgbCurve(), sampled: sampledSRgb(1024) };
  for (const [space, colorants] of Object.entries(COLORANTS))
    for (const [curve, tag] of Object.entries(curves)) {
      const profile = iccProfile(tag, colorants);
      const png = await pngOf(colors, 3, profile, side);
      const want = await sharp(png).ensureAlpha().raw().toBuffer();
      const got = await sharp(png, { ignoreIcc: true }).ensureAlpha().raw().toBuffer();
      toSrgb8(got, readColorProfile(profile) as RgbProfile);
      assert.ok(got.equals(want), `${space}, ${curve}`);
    }
});

test("truncated and garbled profiles are never a crash", () => {
  const profile = iccProfile(sRgbCurve(), COLORANTS.sRGB);
  for (let i = 0; i < profile.length; i++) {
    readColorProfile(profile.subarray(0, i));
    readColorProfile(Buffer.from(profile.map((byte, at) => (at === i ? byte ^ 255 : byte))));
  }
  assert.ok(readColorProfile(profile));
});

for (const [name, mean] of [
  ["gray_g10.png", 179.3],
  ["gray16_g10.png", 179.3],
  ["gray16_g10.tif", 179.3],
  ["gray16_g18.png", 136.1],
  ["graya16_g18.png", 136.1],
] as const)
  test(`${name} has a mean of ${mean}`, { skip: skipWithoutShared }, async () => {
    const { raster } = await decodeRaster(await readFile(sharedPath("reference/faults/images", name)), name, {
      color: "srgb",
    });
    const white = raster.data instanceof Uint16Array ? 257 : 1;
    const colors = raster.data.filter((_, i) => raster.channels === 3 || i % 4 !== 3);
    assert.ok(Math.abs(meanOf(colors) / white - mean) <= 0.5);
  });
