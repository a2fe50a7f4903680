import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { formulaImage } from "../../testing/images.js";
import { residualProcessor } from "../../testing/processors.js";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { decodeImage } from "../platform/node/codec.js";
import { embed } from "../platform/node/metadata/embed.js";
import { Processor } from "../processors/processor.js";
import { enhance, enhanceFile, enhancePixels } from "./enhance.js";
import type { RawImage } from "./input.js";

const processor = new Processor(residualProcessor(2));
const image = formulaImage(48, 32);
const encoded = () => sharp(image.data, { raw: { width: 48, height: 32, channels: 3 } });
/** Without the resolution that libvips states, and raw pixels lack. */
const png = embed(await encoded().png().toBuffer(), {});

for (const extension of ["png", "jpg", "webp", "tiff"])
  test(`a .${extension} buffer becomes the bytes that enhanceFile writes`, async (t) => {
    const folder = temporaryFolder(t);
    const [input, output] = [join(folder, `in.${extension}`), join(folder, `out.${extension}`)];
    writeFiles(folder, {
      [`in.${extension}`]: await encoded()
        .toFormat(extension as "png")
        .withDensity(300)
        .toBuffer(),
    });
    const size = await enhanceFile(processor, input, output);
    const { data, format, ...enhanced } = await enhance(processor, readFileSync(input));
    assert.ok(data.equals(readFileSync(output)));
    assert.deepEqual([enhanced, size], [size, { width: 96, height: 64 }]);
    assert.equal((await sharp(data).metadata()).format, format);
  });

test("raw pixels give the same image as the PNG that holds them", async () => {
  const { data } = await enhance(processor, image);
  assert.ok(data.equals((await enhance(processor, png)).data));
});

test("raw RGBA keeps its alpha, and raw 16-bit pixels keep their depth", async () => {
  const opaque = Uint8Array.from({ length: 48 * 32 * 4 }, (_, i) =>
    i % 4 === 3 ? 128 : (image.data[Math.floor(i / 4) * 3 + (i % 4)] as number),
  );
  const half = await enhance(processor, { ...image, channels: 4, data: opaque });
  const { channels } = await sharp(half.data).stats();
  assert.deepEqual([channels[3]?.min, channels[3]?.max], [128, 128]);
  const deep = await enhance(processor, { ...image, data: Uint16Array.from(image.data, (value) => value * 257) });
  assert.equal((await sharp(deep.data).metadata()).depth, "ushort");
});

for (const [channels, Values] of [
  [3, Uint8Array],
  [4, Uint8Array],
  [3, Uint16Array],
  [4, Uint16Array],
] as const)
  test(`pixels of ${channels} channels in a ${Values.name} become those of the PNG that enhance writes`, async () => {
    const data = new Values(48 * 32 * channels).map((_, i) => i * 7919);
    const pixels: RawImage = { width: 48, height: 32, channels, data };
    const enhanced = await enhancePixels(processor, pixels, { tile: 16 });
    assert.deepEqual([enhanced.width, enhanced.height, enhanced.channels], [96, 64, channels]);
    const png = sharp((await enhance(processor, pixels, { tile: 16 })).data);
    const deep = Values === Uint16Array;
    const bytes = await (deep ? png.toColourspace("rgb16").raw({ depth: "ushort" }) : png.raw()).toBuffer();
    assert.deepEqual(enhanced.data, new Values(new Uint8Array(bytes).buffer));
  });

test("the format is the requested one, or else the input's, or else PNG", async () => {
  const formatOf = async (...args: Parameters<typeof enhance>) => {
    const { data, format } = await enhance(...args);
    assert.equal((await sharp(data).metadata()).format, format);
    return format;
  };
  const gif = await encoded().gif().toBuffer();
  assert.equal(await formatOf(processor, png, { format: "webp" }), "webp");
  assert.equal(await formatOf(processor, await encoded().jpeg().toBuffer()), "jpeg");
  assert.equal(await formatOf(processor, gif), "png");
  assert.equal(await formatOf(processor, image), "png");
});

test("a part of a larger buffer is decoded like a buffer of its own", async () => {
  const larger = new Uint8Array(png.length + 20);
  larger.set(png, 10);
  const { data } = await enhance(processor, larger.subarray(10, 10 + png.length));
  assert.deepEqual(await decodeImage(data), await decodeImage((await enhance(processor, png)).data));
});

test("progress rises to 1, tile by tile", async () => {
  const shares: number[] = [];
  await enhance(processor, png, { tile: 16, onProgress: (share) => shares.push(share) });
  assert.deepEqual(
    shares,
    [1, 2, 3, 4, 5, 6].map((tile) => tile / 6),
  );
});

test("an abort stops after the running tile with the signal's reason and leaves no file", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "in.png": png });
  for (const last of [2, 6]) {
    const [stop, reason] = [new AbortController(), new Error("no longer needed")];
    let tiles = 0;
    const onProgress = () => {
      if (++tiles === last) stop.abort(reason);
    };
    const options = { tile: 16, signal: stop.signal, onProgress };
    await assert.rejects(enhanceFile(processor, join(folder, "in.png"), join(folder, "out.png"), options), reason);
    assert.equal(tiles, last);
  }
  assert.deepEqual(readdirSync(folder), ["in.png"]);
});

const wrong: [description: string, input: Uint8Array | RawImage, options: object, message: RegExp][] = [
  ["truncated content", png.subarray(0, 200), { name: "upload 7" }, /^cannot decode upload 7: /],
  ["no content", new Uint8Array(0), {}, /^cannot decode the image: /],
  ["too few raw values", { ...image, height: 33 }, {}, /48x33 pixels of 3 channels, but 4608 values instead of 4752$/],
  ["a tile of 0 pixels", image, { tile: 0 }, /^`tile` is 0; expected a whole number of 1 or more$/],
  ["an unknown format", image, { format: "gif" }, /^`format` is gif; expected one of png, jpeg, webp, tiff$/],
];

for (const [description, input, options, message] of wrong)
  test(`${description} is refused`, () =>
    assert.rejects(enhance(processor, input, options), (error: Error) => {
      assert.equal(error.name, "UserError");
      assert.match(error.message, message);
      return true;
    }));
