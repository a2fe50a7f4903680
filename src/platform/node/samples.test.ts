import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { sharedPath, skipWithoutShared } from "../../../testing/shared.js";
import { type TiffOptions, tiffFile } from "../../../testing/tiff-file.js";
import { decodeRaster } from "../../enhancement/raster-codec.js";
import { UserError } from "../../errors.js";
import { decodeImage } from "./codec.js";

const [width, height] = [20, 10];

/** Levels of an image of `channels` channels, 40 to 239. */
const levelsOf = (channels: number): number[] =>
  Array.from({ length: width * height * channels }, (_, i) => 40 + ((i * 53) % 200));

/** The levels in another type, with 255 for white. */
const scaled = <T>(type: { from(values: number[]): T }, white: number, channels: number, invert = false): T =>
  type.from(levelsOf(channels).map((level) => ((invert ? 255 - level : level) / 255) * white));

/** IEEE 754 half precision of numbers from 2^-14 to 1, rounded to nearest. */
const half = (value: number): number => {
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) + Math.round((value / 2 ** exponent - 1) * 1024);
};

const gray = { width, height, photometric: 1, channels: 1 };
const rgb = { width, height, photometric: 2, channels: 3 };
const inverted = { width, height, photometric: 0, channels: 1 };

const defined: Readonly<Record<string, TiffOptions>> = {
  "8-bit gray": { ...gray, bits: 8, data: scaled(Uint8Array, 255, 1) },
  "16-bit RGB": { ...rgb, bits: 16, data: scaled(Uint16Array, 65535, 3) },
  "32-bit gray": { ...gray, bits: 32, data: scaled(Uint32Array, 2 ** 32 - 1, 1) },
  "32-bit RGB": { ...rgb, bits: 32, data: scaled(Uint32Array, 2 ** 32 - 1, 3) },
  "32-bit gray where 0 is white": { ...inverted, bits: 32, data: scaled(Uint32Array, 2 ** 32 - 1, 1, true) },
  "float gray": { ...gray, bits: 32, format: 3, data: scaled(Float32Array, 1, 1) },
  "float RGB": { ...rgb, bits: 32, format: 3, data: scaled(Float32Array, 1, 3) },
  "float gray where 0 is white": { ...inverted, bits: 32, format: 3, data: scaled(Float32Array, 1, 1, true) },
  "half-float RGB": { ...rgb, bits: 16, format: 3, data: Uint16Array.from(levelsOf(3), (level) => half(level / 255)) },
  "float with the rounding error of a resize": {
    ...gray,
    ...{ bits: 32, format: 3 },
    data: scaled(Float32Array, 1, 1).map((value) => (value > 0.93 ? 1.001 : value)),
  },
};

for (const [name, options] of Object.entries(defined))
  test(`a TIFF image of ${name} decodes to its levels`, async () => {
    const content = tiffFile(options);
    const levels = levelsOf(options.channels).map((level) =>
      name.includes("resize") && level / 255 > 0.93 ? 255 : level,
    );
    const want = options.channels === 3 ? levels : levels.flatMap((level) => [level, level, level]);
    assert.deepEqual([...(await decodeImage(content)).data], want);
    const { raster } = await decodeRaster(content, "image");
    const white = raster.data instanceof Uint16Array ? 257 : 1;
    for (const [i, value] of raster.data.entries()) assert.ok(Math.abs(value / white - (want[i] as number)) < 0.1);
  });

test("float gray with alpha keeps its alpha", async () => {
  const data = Float32Array.from(levelsOf(2), (level, i) => (i % 2 ? 0.5 : level / 255));
  const options = { width, height, photometric: 1, channels: 2, bits: 32, format: 3, tags: { 338: [2] } };
  const { raster, gray: isGray } = await decodeRaster(tiffFile({ ...options, data }), "image");
  assert.ok(isGray);
  for (let i = 0; i < width * height; i++)
    assert.deepEqual(
      [...raster.data.subarray(4 * i, 4 * i + 4)],
      [...Array<number>(3).fill(Math.round((data[2 * i] as number) * 65535)), 32768],
    );
});

for (const bits of [8, 16])
  test(`colors of ${bits} bits that are premultiplied by alpha are divided by it`, async () => {
    const white = 2 ** bits - 1;
    const pixels = Array.from({ length: width * height }, () => [100, 50, 20, 128]).flat();
    const values = pixels.map((level) => (level / 255) * white);
    const data = bits === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
    const content = tiffFile({ width, height, photometric: 2, channels: 4, bits, data, tags: { 338: [1] } });
    const { raster } = await decodeRaster(content, "image");
    const want = [100, 50, 20].map((level) => (level * 255) / 128);
    const one = raster.data instanceof Uint16Array ? 257 : 1;
    for (const [c, level] of want.entries()) assert.ok(Math.abs((raster.data[c] as number) / one - level) <= 1);
    // Composited over white, a premultiplied color is itself plus the white that shows through.
    const { data: flat } = await decodeImage(content);
    for (const [c, level] of [100, 50, 20].entries()) assert.ok(Math.abs((flat[c] as number) - (level + 127)) <= 1);
  });

const refused: Readonly<Record<string, readonly [TiffOptions, RegExp]>> = {
  "signed integers of 8 bits": [{ ...gray, bits: 8, format: 2, data: Int8Array.from(levelsOf(1)) }, /signed integers/],
  "signed integers of 16 bits": [
    { ...rgb, bits: 16, format: 2, data: Int16Array.from(levelsOf(3)) },
    /signed integers/,
  ],
  "signed integers of 32 bits": [
    { ...rgb, bits: 32, format: 2, data: Int32Array.from(levelsOf(3)) },
    /signed integers/,
  ],
  "half floats of gray": [{ ...gray, bits: 16, format: 3, data: Uint16Array.from(levelsOf(1)) }, /of 16 bits/],
  "floats of 64 bits": [{ ...rgb, bits: 64, format: 3, data: scaled(Float64Array, 1, 3) }, /of 64 bits/],
  "12 bits": [{ ...gray, bits: 12, data: new Uint8Array(width * height * 2) }, /unsigned integers of 12 bits/],
  "complex numbers": [{ ...gray, bits: 64, format: 6, data: scaled(Float64Array, 1, 1) }, /complex numbers/],
  "floats from 0 to 255": [
    { ...rgb, bits: 32, format: 3, data: Float32Array.from(levelsOf(3)) },
    /range from 40 to 239/,
  ],
  "negative floats": [
    { ...gray, bits: 32, format: 3, data: scaled(Float32Array, 1, 1).map((v) => v - 0.5) },
    /range from -0\.3431 to/,
  ],
  NaN: [{ ...gray, bits: 32, format: 3, data: scaled(Float32Array, 1, 1).fill(Number.NaN, 7, 8) }, /contain NaN/],
  infinity: [
    { ...gray, bits: 32, format: 3, data: scaled(Float32Array, 1, 1).fill(Number.POSITIVE_INFINITY, 7, 8) },
    /to Infinity/,
  ],
  "premultiplied alpha in 32 bits": [
    { ...gray, channels: 2, bits: 32, format: 3, data: scaled(Float32Array, 1, 2), tags: { 338: [1] } },
    /premultiplied by alpha/,
  ],
  "five channels": [{ ...rgb, channels: 5, bits: 8, data: new Uint8Array(width * height * 5) }, /5 channels/],
};

for (const [name, [options, message]] of Object.entries(refused))
  test(`a TIFF image of ${name} is refused with the reason`, async () => {
    const content = tiffFile(options);
    const isExpected = (error: unknown) => error instanceof UserError && message.test(error.message);
    await assert.rejects(decodeImage(content), isExpected);
    await assert.rejects(decodeRaster(content, "the image"), isExpected);
  });

test("pages that are reduced versions or masks of another page do not count; two full pages are refused", async () => {
  const page = { ...gray, bits: 8, data: scaled(Uint8Array, 255, 1) };
  const preview = { ...page, width: 10, height: 5, data: new Uint8Array(50), tags: { 254: [1] } };
  const mask = { ...preview, tags: { 254: [4] } };
  const want = await decodeImage(tiffFile(page));
  for (const pages of [
    [page, preview, mask],
    [preview, page],
    [{ ...preview, tags: { 255: [2] } }, page],
  ])
    assert.deepEqual(await decodeImage(tiffFile(...pages)), want);
  for (const pages of [
    [page, page],
    [preview, page, page],
  ])
    await assert.rejects(decodeImage(tiffFile(...pages)), /it has 2 pages; expected a single image/);
});

test("a page that holds several images is refused: a volume, and a stack of ImageJ", async () => {
  const page = { ...gray, bits: 8, data: scaled(Uint8Array, 255, 1) };
  await assert.rejects(
    decodeImage(tiffFile({ ...page, tags: { 32997: [16] } })),
    /: it has 16 layers; expected a single image$/,
  );
  const stack = { ...page, description: "ImageJ=1.53\nimages=5\nslices=5\n" };
  await assert.rejects(decodeImage(tiffFile(stack)), /: it has 5 layers; expected a single image$/);
  const single = { ...page, tags: { 32997: [1] }, description: "ImageJ=1.53\nimages=1\n" };
  assert.deepEqual(await decodeImage(tiffFile(single)), await decodeImage(tiffFile(page)));
});

for (const [name, mean] of [
  ["f32gray_01.tif", 118.5],
  ["u32.tif", 125.8],
] as const)
  test(`${name} has a mean of ${mean}`, { skip: skipWithoutShared }, async () => {
    const { data } = await decodeImage(await readFile(sharedPath("reference/faults/images", name)));
    assert.ok(Math.abs(data.reduce((sum, v) => sum + v, 0) / data.length - mean) < 0.05);
  });

for (const name of ["f32_255.tif", "i16gray.tif", "i8gray.tif", "multi.tif", "apng.png"])
  test(`${name} is refused`, { skip: skipWithoutShared }, () =>
    assert.rejects(decodeImage(sharedPath("reference/faults/images", name)), UserError),
  );
