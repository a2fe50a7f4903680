import assert from "node:assert/strict";
import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import sharp, { type Color, type Sharp } from "sharp";
import { sharedPath, skipWithoutShared } from "../../../testing/shared.js";
import { tiffFile } from "../../../testing/tiff-file.js";
import { UserError } from "../../errors.js";
import { shrinkShorterSide } from "../../images/crop.js";
import type { Image } from "../../images/image.js";
import { decodeImage, decodeShrunk, encodeImage } from "./codec.js";

const folder = await mkdtemp(join(tmpdir(), "legible-codec-"));

const patch = (background: Color, channels: 3 | 4 = 3): Sharp =>
  sharp({ create: { width: 16, height: 8, channels, background } });

/** Smooth enough that JPEG and WebP keep it within a few levels. */
const gradient: Image = {
  width: 16,
  height: 8,
  data: Uint8Array.from({ length: 16 * 8 * 3 }, (_, i) => 60 + (i % 3) * 20 + (Math.floor(i / 3) % 16) * 6),
};

function assertNear(got: Image, want: Image, levels: number): void {
  assert.deepEqual([got.width, got.height, got.data.length], [want.width, want.height, want.data.length]);
  for (const [i, value] of got.data.entries()) assert.ok(Math.abs(value - (want.data[i] as number)) <= levels);
}

const filled = (red: number, green: number, blue: number): Image => ({
  width: 16,
  height: 8,
  data: Uint8Array.from({ length: 16 * 8 * 3 }, (_, i) => [red, green, blue][i % 3] as number),
});

for (const [extension, levels] of [
  ["png", 0],
  ["tiff", 0],
  ["jpg", 3],
  ["webp", 6],
] as const)
  test(`an image written as ${extension} reads back within ${levels} levels, and no temporary file stays`, async () => {
    const path = join(folder, extension, `image.${extension}`);
    await encodeImage(gradient, path);
    assertNear(await decodeImage(path), gradient, levels);
    assert.deepEqual(await readdir(join(folder, extension)), [`image.${extension}`]);
  });

for (const name of ["a", "b", "c"])
  test(`JPEG ${name}_q10.jpg decodes within one level of libjpeg-turbo`, { skip: skipWithoutShared }, async () => {
    const decoded = await decodeImage(sharedPath("reference/images", `${name}_q10.jpg`));
    assertNear(decoded, await decodeImage(sharedPath("reference/images", `${name}_q10_decoded.png`)), 1);
  });

test("an image shrunk while it is decoded is within two levels of one shrunk as Pillow does it", async () => {
  const data = Uint8Array.from({ length: 90 * 60 * 3 }, (_, i) => 128 + 100 * Math.sin(i / 40) * Math.cos(i / 700));
  const path = join(folder, "large.png");
  await encodeImage({ width: 90, height: 60, data }, path);
  assertNear(await decodeShrunk(path, 40), shrinkShorterSide(await decodeImage(path), 40), 2);
  for (const size of [60, 80]) assert.deepEqual(await decodeShrunk(path, size), await decodeImage(path));
});

test("an image on its side is shrunk upright", async () => {
  const path = join(folder, "side.jpg");
  await patch("red").jpeg().withMetadata({ orientation: 6 }).toFile(path);
  const { width, height } = await decodeShrunk(path, 4);
  assert.deepEqual([width, height], [4, 8]);
});

test("alpha is laid over white", async () => {
  const half = await patch({ r: 0, g: 0, b: 0, alpha: 0.5 }, 4).png().toBuffer();
  assertNear(await decodeImage(half), filled(127, 127, 127), 1);
});

test("a gray image becomes three equal channels", async () => {
  const gray = await patch("rgb(90, 90, 90)").toColourspace("b-w").png().toBuffer();
  assertNear(await decodeImage(gray), filled(90, 90, 90), 1);
});

test("16 bits a channel become 8, with and without a color profile", async () => {
  const raw = { width: 16, height: 8, channels: 3 as const };
  const deep = sharp(
    Uint16Array.from(filled(200, 100, 50).data, (value) => value * 257),
    { raw },
  ).toColourspace("rgb16");
  assertNear(await decodeImage(await deep.clone().png().toBuffer()), filled(200, 100, 50), 1);
  const profiled = patch("rgb(200, 100, 50)").toColourspace("rgb16").withIccProfile("p3").png();
  assertNear(await decodeImage(await profiled.toBuffer()), filled(200, 100, 50), 2);
});

test("a wide-gamut profile is converted to sRGB", async () => {
  const wide = await patch("rgb(200, 100, 50)").withIccProfile("p3").png().toBuffer();
  assertNear(await decodeImage(wide), filled(200, 100, 50), 2);
});

for (const [bits, Levels, white] of [
  [8, Uint8Array, 255],
  [16, Uint16Array, 65535],
  [32, Uint32Array, 2 ** 32 - 1],
] as const)
  test(`CMYK of ${bits} bits without a profile is ink over white, with and without alpha`, async () => {
    for (const inks of [
      [0.2, 0.4, 0.8, 0.6],
      [0.2, 0.4, 0.8, 0.6, 0.6],
    ]) {
      const data = Levels.from(
        Array<number[]>(128)
          .fill(inks.map((ink) => Math.round(ink * white)))
          .flat(),
      );
      const tags = inks.length === 5 ? { tags: { 338: [2] } } : {};
      const tiff = tiffFile({ width: 16, height: 8, data, bits, photometric: 5, channels: inks.length, ...tags });
      const over = (light: number) => Math.round(255 * (1 - (inks[4] ?? 1) * (1 - light)));
      assertNear(await decodeImage(tiff), filled(over(0.8 * 0.4), over(0.6 * 0.4), over(0.2 * 0.4)), 1);
    }
  });

/** 20 % cyan, 50 % magenta, 10 % yellow, 30 % black. */
const INKS = {
  width: 16,
  height: 8,
  data: Uint8Array.from({ length: 4 * 128 }, (_, i) => [51, 128, 26, 77][i % 4] ?? 0),
};
const CMYK = { ...INKS, bits: 8, photometric: 5, channels: 4 };

/** The ICC profile of that name in libvips. */
async function profileOf(name: string): Promise<Buffer> {
  const { icc } = await sharp(await patch("red").withIccProfile(name).jpeg().toBuffer()).metadata();
  assert.ok(icc);
  return icc;
}

test("a JPEG of CMYK has the colors of its inks", async () => {
  const inks = sharp(tiffFile(CMYK)).pipelineColourspace("cmyk").toColourspace("cmyk").jpeg({ quality: 100 });
  assertNear(await decodeImage(await inks.toBuffer()), filled(142, 89, 160), 1);
});

test("CMYK with a profile has the colors that Little CMS in Pillow 12.3 gives (perceptual intent)", async () => {
  const profiled = tiffFile({ ...CMYK, profile: await profileOf("cmyk") });
  assertNear(await decodeImage(profiled), filled(147, 103, 126), 1);
});

test("a profile of other channels in a file of CMYK is ignored", async () => {
  const wrong = await decodeImage(tiffFile({ ...CMYK, profile: await profileOf("p3") }));
  assert.deepEqual(wrong, await decodeImage(tiffFile(CMYK)));
});

test("a profile is not applied to CMYK whose samples libvips would read wrongly", async () => {
  const data = new Uint32Array(4 * 128);
  const tiff = tiffFile({ ...CMYK, data, bits: 32, profile: await profileOf("cmyk") });
  await assert.rejects(decodeImage(tiff), /its color profile cannot be applied to its samples; expected 8 or 16 bits/);
});

test("an image on its side is turned upright by its EXIF orientation", async () => {
  const lying = await sharp(gradient.data, { raw: { width: 16, height: 8, channels: 3 } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  const { width, height } = await decodeImage(lying);
  assert.deepEqual([width, height], [8, 16]);
});

for (const [name, content, message] of [
  ["empty.png", Buffer.alloc(0), /cannot read .*empty\.png: the file is empty/],
  ["text.jpg", Buffer.from("not an image"), /cannot decode .*text\.jpg: unsupported image format/],
  [
    "cut.jpg",
    (await patch("red").jpeg().toBuffer()).subarray(0, -20),
    /cannot decode .*cut\.jpg: the file is truncated/,
  ],
  ["cut.png", (await patch("red").png().toBuffer()).subarray(0, -30), /cannot decode .*cut\.png/],
] as const)
  test(`${name} is refused by name`, async () => {
    const path = join(folder, name);
    await writeFile(path, content);
    await assert.rejects(decodeImage(path), (error) => error instanceof UserError && message.test(error.message));
  });

test("a missing file is refused by name", async () => {
  await assert.rejects(
    decodeImage(join(folder, "none.png")),
    /^UserError: cannot read .*none\.png: no such file or folder$/,
  );
});

test("a name of no known format is refused before anything is written", async () => {
  await assert.rejects(
    encodeImage(gradient, join(folder, "new", "a.bmp")),
    /cannot write .*a\.bmp: its name must end in/,
  );
  assert.ok(!(await readdir(folder)).includes("new"));
});

test("an output that cannot be written is refused by name and leaves nothing behind", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  await assert.rejects(encodeImage(gradient, join(file, "a.png")), /^UserError: cannot write .*a\.png: /);
});
