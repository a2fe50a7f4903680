import assert from "node:assert/strict";
import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import sharp, { type Sharp } from "sharp";
import { residualProcessor } from "../../testing/processors.js";
import { resize } from "../images/resize.js";
import { decodeImage } from "../platform/node/codec.js";
import { Processor } from "../processors/processor.js";
import { enhanceFile } from "./enhance.js";

const folder = await mkdtemp(join(tmpdir(), "legible-enhance-"));
const processor = new Processor(residualProcessor(2, 0.002));

const width = 48;
const height = 32;

/** A smooth image whose four corners differ: dark, red, green, bright. */
const smooth = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
  const [x, y] = [(Math.floor(i / 3) % width) / width, Math.floor(i / 3 / width) / height];
  return [40 + 180 * x, 40 + 180 * y, 40 + 180 * x * y][i % 3] as number;
});

const smoothImage = (): Sharp => sharp(smooth, { raw: { width, height, channels: 3 } });

/** Smooth colors, opaque in the left half, black and transparent in the right. */
const halfTransparent = (): Sharp => {
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) => {
    const pixel = Math.floor(i / 4);
    if (pixel % width >= width / 2) return 0;
    return i % 4 === 3 ? 255 : (smooth[pixel * 3 + (i % 4)] as number);
  });
  return sharp(data, { raw: { width, height, channels: 4 } });
};

async function enhanced(name: string, content: Buffer, outputName = name): Promise<string> {
  const input = join(folder, name);
  const output = join(folder, "out", outputName);
  await writeFile(input, content);
  await enhanceFile(processor, input, output);
  return output;
}

/** The mean color error of the enhanced file against the input enlarged bicubically, in levels. */
async function colorError(input: Buffer, output: string): Promise<number> {
  const [small, large] = [await decodeImage(input), await decodeImage(output)];
  assert.deepEqual([large.width, large.height], [small.width * 2, small.height * 2]);
  const expected = resize(small, large.width, large.height, "bicubic").data;
  return large.data.reduce((sum, value, i) => sum + Math.abs(value - (expected[i] as number)), 0) / expected.length;
}

const kinds: [description: string, file: string, content: Buffer, keeps: object][] = [
  ["a JPEG", "a.jpg", await smoothImage().jpeg({ quality: 95 }).toBuffer(), { format: "jpeg", channels: 3 }],
  ["a PNG", "a.png", await smoothImage().png().toBuffer(), { format: "png", depth: "uchar", channels: 3 }],
  ["a WebP", "a.webp", await smoothImage().webp({ quality: 95 }).toBuffer(), { format: "webp", channels: 3 }],
  ["a TIFF", "a.tiff", await smoothImage().tiff().toBuffer(), { format: "tiff", channels: 3 }],
  ["a gray PNG", "g.png", await smoothImage().toColourspace("b-w").png().toBuffer(), { space: "b-w", channels: 1 }],
  ["a gray JPEG", "g.jpg", await smoothImage().toColourspace("b-w").jpeg().toBuffer(), { space: "b-w", channels: 1 }],
  ["a gray 16-bit PNG", "g16.png", await deep(1), { space: "grey16", depth: "ushort", channels: 1 }],
  ["a 16-bit PNG", "c16.png", await deep(3), { space: "rgb16", depth: "ushort", channels: 3 }],
  [
    "a CMYK JPEG",
    "k.jpg",
    await smoothImage().toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer(),
    { space: "srgb" },
  ],
  ["a PNG of Display P3", "p3.png", await smoothImage().withIccProfile("p3").png().toBuffer(), { hasProfile: true }],
  ["a PNG with 300 dots per inch", "dpi.png", await smoothImage().withDensity(300).png().toBuffer(), { density: 300 }],
  [
    "a JPEG with 300 dots per inch",
    "dpi.jpg",
    await smoothImage().withDensity(300).jpeg().toBuffer(),
    { density: 300 },
  ],
  ["a PNG with alpha", "t.png", await halfTransparent().png().toBuffer(), { channels: 4, hasAlpha: true }],
  ["a WebP with alpha", "t.webp", await halfTransparent().webp().toBuffer(), { channels: 4, hasAlpha: true }],
];

function deep(channels: 1 | 3): Promise<Buffer> {
  const data = Uint16Array.from(
    { length: width * height * channels },
    (_, i) => (smooth[i * (3 / channels)] as number) * 257,
  );
  return sharp(data, { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? "grey16" : "rgb16")
    .png()
    .toBuffer();
}

for (const [description, file, content, keeps] of kinds)
  test(`${description} keeps its colors and stays ${Object.entries(keeps).map((pair) => pair.join(" "))}`, async () => {
    const output = await enhanced(file, content);
    const error = await colorError(content, output);
    assert.ok(error < 3, `the mean color error is ${error} levels`);
    const metadata = await sharp(output).metadata();
    assert.deepEqual({ ...metadata, ...keeps }, metadata);
  });

for (const orientation of [2, 3, 6, 8])
  test(`a JPEG of EXIF orientation ${orientation} becomes upright and is not rotated twice`, async () => {
    const content = await smoothImage().withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
    const output = await enhanced(`turned${orientation}.jpg`, content);
    assert.ok((await colorError(content, output)) < 3);
    assert.ok(((await sharp(output).metadata()).orientation ?? 1) === 1);
  });

test("a transparent half stays transparent, and its black does not darken the edge beside it", async () => {
  const output = await enhanced("edge.png", await halfTransparent().png().toBuffer());
  const { data } = await sharp(output).raw().toBuffer({ resolveWithObject: true });
  const pixel = (x: number, y: number): number[] => [...data.subarray((y * width * 2 + x) * 4).subarray(0, 4)];
  for (const y of [0, 31, 63]) {
    assert.equal(pixel(width - 3, y)[3], 255);
    assert.equal(pixel(width + 2, y)[3], 0);
    for (const c of [0, 1, 2]) {
      const [edge, inside] = [pixel(width - 1, y)[c] as number, pixel(width - 3, y)[c] as number];
      assert.ok(Math.abs(edge - inside) < 8, `${edge} beside ${inside}`);
    }
  }
});

test("16 bits are really used: there are more than 256 levels of red", async () => {
  const output = await enhanced("levels.png", await deep(3));
  const raw = await sharp(output).toColourspace("rgb16").raw({ depth: "ushort" }).toBuffer();
  const values = new Uint16Array(raw.buffer, raw.byteOffset, raw.length / 2);
  assert.ok(new Set(values.filter((_, i) => i % 3 === 0)).size > 256);
});

test("the extension of the output decides the format", async () => {
  const content = await halfTransparent().png().toBuffer();
  const output = await enhanced("named.png", content, "named.jpg");
  assert.equal((await sharp(output).metadata()).format, "jpeg");
  const { data } = await decodeImage(output);
  assert.ok((data.at(-1) as number) > 250);
});

test("a truncated image is refused, and nothing is written", async () => {
  const content = (await smoothImage().jpeg().toBuffer()).subarray(0, -200);
  await assert.rejects(enhanced("cut.jpg", content, "nothing/cut.jpg"), /^UserError: cannot decode .*cut\.jpg: /);
  assert.ok(!(await readdir(join(folder, "out"))).includes("nothing"));
});

test("an animation is refused", async () => {
  const frames = Buffer.concat([smooth, smooth.map((value) => 255 - value)]);
  const content = await sharp(frames, { raw: { width, height: 2 * height, channels: 3, pageHeight: height } })
    .gif()
    .toBuffer();
  await assert.rejects(enhanced("moving.gif", content, "moving.png"), /it is an animation of 2 images$/);
});

test("an image too large for WebP is refused before it is processed", async () => {
  const content = await sharp({ create: { width: 9000, height: 1, channels: 3, background: "red" } })
    .webp()
    .toBuffer();
  await assert.rejects(enhanced("wide.webp", content), /18000x2 is more than 16383 pixels a side/);
});
