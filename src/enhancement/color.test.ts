import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { COLORANTS, gammaCurve, iccProfile, sRgbCurve } from "../../testing/icc-profile.js";
import { convertedPixels, skipWithoutImageMagick } from "../../testing/imagemagick.js";
import { formulaImage } from "../../testing/images.js";
import { residualProcessor } from "../../testing/processors.js";
import { tiffFile } from "../../testing/tiff-file.js";
import { pngChunk } from "../platform/node/png.js";
import { Processor } from "../processors/processor.js";
import { enhance } from "./enhance.js";

const processor = new Processor(residualProcessor(2, 0));
const folder = mkdtempSync(join(tmpdir(), "legible-color-"));
const oracle = { skip: skipWithoutImageMagick };

/** Patches of 8 x 8 pixels in a row, several of which are outside sRGB in larger spaces. */
const PATCHES = [
  ...[
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [230, 40, 60],
    [40, 200, 90],
    [128, 128, 128],
    [250, 250, 250],
    [20, 30, 10],
  ],
] as const;
const GRAYS = PATCHES.map((_, i) => [16 + 30 * i]);
const SIDE = 8;
const [width, height] = [SIDE * PATCHES.length, SIDE];

const pixelsOf = (patches: readonly (readonly number[])[], factor = 1): number[] =>
  Array.from({ length: width * height }, (_, i) => patches[Math.floor((i % width) / SIDE)] as readonly number[])
    .flat()
    .map((value) => value * factor);

const raw = (channels: 1 | 2 | 3 | 4) => ({ raw: { width, height, channels } });

/** A PNG with chunks after its header. */
async function png(patches: readonly (readonly number[])[], bits: 8 | 16, ...chunks: Buffer[]): Promise<Buffer> {
  const channels = patches[0]?.length as 1 | 3;
  const data = bits === 8 ? Uint8Array.from(pixelsOf(patches)) : Uint16Array.from(pixelsOf(patches, 257));
  const space = channels === 1 ? (bits === 8 ? "b-w" : "grey16") : bits === 8 ? "srgb" : "rgb16";
  const encoded = await sharp(data, raw(channels)).toColourspace(space).png().toBuffer();
  return Buffer.concat([encoded.subarray(0, 33), ...chunks, encoded.subarray(33)]);
}

const profileChunk = (profile: Buffer) =>
  pngChunk("iCCP", Buffer.concat([Buffer.from("icc\0\0"), deflateSync(profile)]));

const wide = join(folder, "wide.icc");
writeFileSync(wide, iccProfile(gammaCurve(1.8), COLORANTS["ProPhoto RGB"]));
const p3 = iccProfile(sRgbCurve(), COLORANTS["Display P3"]);
const adobe = iccProfile(gammaCurve(2.2), COLORANTS["Adobe RGB"]);
const proPhoto = iccProfile(gammaCurve(1.8), COLORANTS["ProPhoto RGB"]);
const gray = iccProfile(gammaCurve(1.8));

let files = 0;
function saved(content: Buffer, extension: string): string {
  const path = join(folder, `${files++}.${extension}`);
  writeFileSync(path, content);
  return path;
}

/** CIE Lab under D50 of linear ProPhoto RGB. */
function lab(light: readonly number[]): [number, number, number] {
  const [f1, f2, f3] = [0, 1, 2].map((row) => {
    const columns = COLORANTS["ProPhoto RGB"].map((column) => column[row] as number);
    const white = columns.reduce((sum, value) => sum + value, 0);
    const t = columns.reduce((sum, value, i) => sum + value * (light[i] as number), 0) / white;
    return t > 216 / 24389 ? Math.cbrt(t) : (t * 24389) / 27 / 116 + 16 / 116;
  }) as [number, number, number];
  return [116 * f2 - 16, 500 * (f1 - f2), 200 * (f2 - f3)];
}

/**
 * How the patches of a file look, by its own profile or one that is assumed: Lab, after ImageMagick has converted it to
 * ProPhoto RGB.
 */
function looks(content: Buffer, extension: string, { scale = 2, assumed }: { scale?: number; assumed?: string } = {}) {
  const source = assumed === undefined ? [] : ["-profile", assumed];
  const pixels = convertedPixels(saved(content, extension), [...source, "-intent", "relative", "-profile", wide]);
  return PATCHES.map((_, i) => {
    const at = 3 * scale * (width * Math.floor((scale * height) / 2) + Math.floor((i + 0.5) * SIDE));
    return lab([...pixels.subarray(at, at + 3)].map((value) => (value / 65535) ** (461 / 256)));
  });
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.hypot(...a.map((value, i) => value - (b[i] as number)));

function assertSame(found: readonly (readonly number[])[], expected: readonly (readonly number[])[], most: number) {
  for (const [i, color] of found.entries()) {
    const difference = distance(color, expected[i] as readonly number[]);
    assert.ok(difference <= most, `patch ${i}: ${color} instead of ${expected[i]}: ΔE ${difference.toFixed(2)}`);
  }
}

const inputs: [name: string, content: Buffer, extension: string][] = [
  ["an 8-bit PNG of Display P3", await png(PATCHES, 8, profileChunk(p3)), "png"],
  ["a 16-bit PNG of Adobe RGB", await png(PATCHES, 16, profileChunk(adobe)), "png"],
  ["a gray PNG of gamma 1.8", await png(GRAYS, 8, profileChunk(gray)), "png"],
  ["a 16-bit gray PNG of gamma 1.8", await png(GRAYS, 16, profileChunk(gray)), "png"],
  [
    "a 16-bit TIFF of ProPhoto RGB",
    tiffFile({
      width,
      height,
      bits: 16,
      photometric: 2,
      channels: 3,
      profile: proPhoto,
      data: Uint16Array.from(pixelsOf(PATCHES, 257)),
    }),
    "tiff",
  ],
];

const seen = new Map<Buffer, [number, number, number][]>();

/** How the patches of an input look; ImageMagick converts each input once. */
function looksOf(content: Buffer, extension: string): [number, number, number][] {
  const found = seen.get(content) ?? looks(content, extension, { scale: 1 });
  seen.set(content, found);
  return found;
}

/** ΔE of CIE 1976: what JPEG and WebP of quality 100, and 8 bits in a wide space, may add. */
const TOLERANCE = { png: 0.3, tiff: 0.3, jpeg: 2, webp: 6 } as const;

for (const [name, content, extension] of inputs)
  for (const format of ["png", "tiff", "jpeg", "webp"] as const)
    test(`${name} looks the same as an enhanced ${format} with its profile`, oracle, async () => {
      const { data, converted, droppedMetadata } = await enhance(processor, content, { format, quality: 100 });
      assert.deepEqual([converted, droppedMetadata], [undefined, undefined]);
      assert.ok((await sharp(data).metadata()).hasProfile);
      assertSame(looks(data, format), looksOf(content, extension), TOLERANCE[format]);
    });

const srgb = join(folder, "srgb.icc");
writeFileSync(srgb, iccProfile(sRgbCurve(), COLORANTS.sRGB));

for (const [name, content, extension] of inputs)
  test(`${name} is converted to sRGB on request, and colors within sRGB look the same`, oracle, async () => {
    const { data } = await enhance(processor, content, { format: "png", color: "srgb" });
    assert.equal((await sharp(data).metadata()).hasProfile, false);
    const isGray = name.includes("gray");
    const inside = (colors: [number, number, number][]) => (isGray ? colors : colors.slice(5));
    assertSame(inside(looks(data, "png", { assumed: srgb })), inside(looksOf(content, extension)), 0.7);
  });

test("a CMYK JPEG and a Lab TIFF are converted to sRGB, with a remark and without a profile", async () => {
  const rgb = sharp(Uint8Array.from(pixelsOf(PATCHES)), raw(3));
  const black = Uint8Array.from({ length: 4 * width * height }, (_, i) => (i % 4 === 3 ? 127 : 0));
  const inks = sharp(tiffFile({ width, height, data: black, bits: 8, photometric: 5, channels: 4 }));
  const cmyk = await inks.pipelineColourspace("cmyk").toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer();
  const lab = await rgb.clone().toColourspace("lab").tiff({ compression: "deflate" }).toBuffer();
  for (const [content, remark, most] of [
    [cmyk, "CMYK to sRGB", 2],
    [lab, "Lab to sRGB", 2],
  ] as const) {
    const { data, converted } = await enhance(processor, content, { format: "png" });
    const { space, hasProfile } = await sharp(data).metadata();
    assert.deepEqual([converted, space, hasProfile], [remark, "srgb", false]);
    assert.equal((await enhance(processor, content, { color: "srgb" })).converted, undefined);
    const pixels = await sharp(data).raw().toBuffer();
    const at = 3 * (2 * width * height + 2 * SIDE * 5 + SIDE); // the gray patch
    for (const value of pixels.subarray(at, at + 3)) assert.ok(Math.abs(value - 128) <= most, `${value}`);
  }
});

/** The chunk cHRM, from white, red, green and blue. */
function chromaticities(...points: readonly number[]): Buffer {
  const data = Buffer.alloc(32);
  for (const [i, value] of points.entries()) data.writeUInt32BE(Math.round(value * 1e5), 4 * i);
  return pngChunk("cHRM", data);
}

function gamma(value: number): Buffer {
  const data = Buffer.alloc(4);
  data.writeUInt32BE(value);
  return pngChunk("gAMA", data);
}

const P3_POINTS = [0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06];

test("primaries of a PNG in cHRM or cICP are those of its result, in every format and when converted", async () => {
  const reference = await png(PATCHES, 8, profileChunk(p3));
  const srgbPixels = async (content: Buffer) =>
    sharp((await enhance(processor, content, { format: "png", color: "srgb" })).data)
      .raw()
      .toBuffer();
  const expected = await srgbPixels(reference);
  for (const chunks of [
    [gamma(45455), chromaticities(...P3_POINTS)],
    [pngChunk("cICP", Buffer.from([12, 13, 0, 1]))],
  ]) {
    const content = await png(PATCHES, 8, ...chunks);
    const found = await srgbPixels(content);
    for (const [i, value] of found.entries()) assert.ok(Math.abs(value - (expected[i] as number)) <= 1);
    for (const format of ["png", "jpeg", "webp", "tiff"] as const) {
      const { data } = await enhance(processor, content, { format });
      const kept = await sharp(data).toColourspace("srgb").png().toBuffer(); // with the profile applied
      const pixels = await sharp(kept).raw().toBuffer();
      if (format === "png")
        for (const [i, v] of pixels.entries()) assert.ok(Math.abs(v - (expected[i] as number)) <= 2);
      assert.ok((await sharp(data).metadata()).hasProfile, format);
    }
  }
});

test("linear light of gAMA becomes the level that the sRGB formula gives, and the usual gamma changes nothing", async () => {
  const first = async (content: Buffer) => {
    const { data } = await enhance(processor, content, { format: "png", color: "srgb" });
    return (await sharp(data).raw().toBuffer()).at(3 * (2 * SIDE * 5 + SIDE)) as number; // of the gray patch
  };
  const level = 255 * (1.055 * (128 / 255) ** (1 / 2.4) - 0.055);
  assert.ok(Math.abs((await first(await png(PATCHES, 8, gamma(100_000)))) - level) <= 0.6);
  assert.equal(await first(await png(PATCHES, 8, gamma(45_455))), 128);
  assert.equal(await first(await png(PATCHES, 8, gamma(100_000), pngChunk("sRGB", Buffer.from([0])))), 128); // sRGB counts
});

test("colors of HDR in cICP cannot be kept, and are reported", async () => {
  const content = await png(PATCHES, 16, pngChunk("cICP", Buffer.from([9, 16, 0, 1])));
  const { data, droppedMetadata } = await enhance(processor, content);
  assert.deepEqual([droppedMetadata, (await sharp(data).metadata()).hasProfile], [["color profile"], false]);
});

test("a profile that is damaged, or not one of the channels, is reported and not written", async () => {
  for (const content of [
    await png(GRAYS, 8, profileChunk(p3)),
    await png(PATCHES, 8, profileChunk(gray)),
    await png(PATCHES, 8, profileChunk(p3.subarray(0, 200))),
    await png(PATCHES, 8, profileChunk(Buffer.alloc(300, 7))),
  ]) {
    const { data, droppedMetadata } = await enhance(processor, content, { format: "jpeg" });
    assert.deepEqual(droppedMetadata, ["color profile"]);
    assert.equal((await sharp(data).metadata()).hasProfile, false);
  }
});

test("a palette with transparency keeps its colors, its alpha and its profile", async () => {
  const pixels = PATCHES.map((color, i) => [...color, i % 2 ? 0 : 255]);
  const palette = await sharp(Uint8Array.from(pixelsOf(pixels)), raw(4))
    .png({ palette: true })
    .toBuffer();
  assert.equal((await sharp(palette).metadata()).isPalette, true);
  const content = Buffer.concat([palette.subarray(0, 33), profileChunk(p3), palette.subarray(33)]);
  const { data } = await enhance(processor, content);
  assert.ok((await sharp(data).metadata()).hasProfile);
  const found = await sharp(data, { ignoreIcc: true }).raw().toBuffer();
  for (const [i, color] of pixels.entries()) {
    const at = 4 * (2 * width * height + 2 * SIDE * i + SIDE);
    assert.equal(found[at + 3], color[3]);
    if (color[3]) assert.deepEqual([...found.subarray(at, at + 3)], color.slice(0, 3));
  }
});

test("a lower quality gives smaller JPEG and WebP files, and other values are refused", async () => {
  const content = await sharp(formulaImage(width, height).data, raw(3)).png().toBuffer();
  for (const format of ["jpeg", "webp"] as const) {
    const sizes = [];
    for (const quality of [1, 50, 95, 100])
      sizes.push((await enhance(processor, content, { format, quality })).data.length);
    assert.deepEqual(
      sizes,
      [...new Set(sizes)].sort((a, b) => a - b),
    );
    const usual = await enhance(processor, content, { format });
    assert.deepEqual(usual.data, (await enhance(processor, content, { format, quality: 95 })).data);
  }
  for (const quality of [0, 101, 80.5, Number.NaN])
    await assert.rejects(
      enhance(processor, content, { quality }),
      /^UserError: `quality` is .*; expected a whole number/,
    );
});
