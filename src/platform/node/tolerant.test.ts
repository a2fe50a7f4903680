import assert from "node:assert/strict";
import { test } from "node:test";
import sharp, { type Sharp } from "sharp";
import { UserError } from "../../errors.js";
import { decodeImage } from "./codec.js";
import { pngChunk } from "./png.js";
import { reasonOf } from "./tolerant.js";

const [width, height] = [64, 48];
const noise = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919 + (i >> 3) * 31) % 256);
const image = (): Sharp => sharp(noise, { raw: { width, height, channels: 3 } });

const jpegs = {
  baseline: await image().jpeg({ quality: 90, optimiseCoding: false }).toBuffer(),
  progressive: await image().jpeg({ quality: 90, progressive: true }).toBuffer(),
};
const png = await image().png().toBuffer();
const NO_END = "its end marker is missing";

/** The pixels, with the flaw that was reported. */
async function decoded(content: Buffer) {
  const flaws: string[] = [];
  const { data } = await decodeImage(content, { onFlaw: (flaw) => flaws.push(flaw) });
  return { data, flaws };
}

for (const [kind, jpeg] of Object.entries(jpegs)) {
  test(`a ${kind} JPEG without its end marker, or half of it, is decoded in full and reported`, async () => {
    const whole = await decoded(jpeg);
    assert.deepEqual(whole.flaws, []);
    for (const missing of [1, 2])
      assert.deepEqual(await decoded(jpeg.subarray(0, -missing)), { data: whole.data, flaws: [NO_END] });
  });

  test(`a ${kind} JPEG is refused if anything of its scan data is missing`, async () => {
    const scan = jpeg.lastIndexOf(Buffer.from([0xff, 0xda]));
    for (const end of [jpeg.length - 4, jpeg.length - 5, jpeg.length - 40, jpeg.length >> 1, scan, scan - 1, 30])
      await assert.rejects(decodeImage(jpeg.subarray(0, end)), UserError, `${end} of ${jpeg.length} bytes`);
  });

  test(`bytes after the end of a ${kind} JPEG are no flaw`, async () => {
    const { data } = await decoded(jpeg);
    for (const rest of ["garbage", "\0\0\0\0"])
      assert.deepEqual(await decoded(Buffer.concat([jpeg, Buffer.from(rest)])), { data, flaws: [] });
  });
}

test("a JPEG that is garbled inside is decoded and reported with the decoder's reason", async () => {
  const jpeg = jpegs.baseline;
  const truncated = Buffer.concat([jpeg.subarray(0, jpeg.length >> 1), Buffer.from([0xff, 0xd9])]);
  const table = jpeg.indexOf(Buffer.from([0xff, 0xdb]));
  const stray = Buffer.concat([jpeg.subarray(0, table), Buffer.from("abc"), jpeg.subarray(table)]);
  assert.deepEqual((await decoded(truncated)).flaws, ["Corrupt JPEG data: premature end of data segment"]);
  assert.deepEqual((await decoded(stray)).flaws, ["Corrupt JPEG data: 3 extraneous bytes before marker 0xdb"]);
  assert.deepEqual((await decoded(stray)).data, (await decoded(jpeg)).data);
});

test("a JPEG whose missing rest was filled with zeros is reported", async () => {
  const jpeg = jpegs.baseline;
  const half = jpeg.length >> 1;
  assert.deepEqual((await decoded(Buffer.concat([jpeg.subarray(0, half), Buffer.alloc(half)]))).flaws, [NO_END]);
});

test("a PNG without IEND, or with the checksum before it cut off, is decoded in full and reported", async () => {
  for (const missing of [1, 11, 12, 13, 16])
    assert.deepEqual(await decoded(png.subarray(0, -missing)), { data: noise, flaws: missing < 5 ? [] : [NO_END] });
});

test("a PNG that lacks image data is refused", async () => {
  for (const missing of [40, 400]) await assert.rejects(decodeImage(png.subarray(0, -missing)), UserError);
});

test("an animated PNG is refused and one of a single frame is not", async () => {
  const control = (frames: number) => {
    const data = Buffer.alloc(8);
    data.writeUInt32BE(frames, 0);
    return Buffer.concat([png.subarray(0, 33), pngChunk("acTL", data), png.subarray(33)]);
  };
  assert.deepEqual((await decoded(control(1))).data, noise);
  await assert.rejects(decodeImage(control(3)), /it is an animation of 3 images/);
});

test("animated GIF and WebP files are refused", async () => {
  const frames = sharp(Buffer.concat([noise, noise.map((level) => 255 - level)]), {
    raw: { width, height: 2 * height, channels: 3, pageHeight: height },
  });
  for (const content of [await frames.clone().gif().toBuffer(), await frames.clone().webp().toBuffer()])
    await assert.rejects(decodeImage(content), /it is an animation of 2 images/);
});

test("a WebP whose image data are whole is decoded without the metadata that were cut off, and otherwise refused", async () => {
  const webp = await image()
    .webp({ lossless: true })
    .withExif({ IFD0: { Copyright: "A. Author" } })
    .toBuffer();
  assert.deepEqual(await decoded(webp), { data: noise, flaws: [] });
  for (const missing of [1, 10, 100])
    assert.deepEqual(await decoded(webp.subarray(0, -missing)), { data: noise, flaws: ["its end is missing"] });
  const plain = await image().webp({ lossless: true }).toBuffer();
  await assert.rejects(decodeImage(plain.subarray(0, -10)), UserError);
});

test("an AVIF sequence is refused as one", async () => {
  const avif = await image().avif().toBuffer();
  assert.deepEqual((await decoded(avif)).flaws, []);
  const sequence = Buffer.from(avif);
  sequence.write("avis", 8, "latin1");
  await assert.rejects(decodeImage(sequence), /it is a sequence of images/);
});

test("an AVIF that states a side of 2147483647 pixels is refused before it is decoded", async () => {
  const avif = Buffer.from(await image().avif().toBuffer());
  avif.writeUInt32BE(2 ** 31 - 1, avif.indexOf("ispe") + 8);
  await assert.rejects(decodeImage(avif), {
    name: "UserError",
    message: "cannot decode the image: its size is 2147483647x48; expected at most 10000000 pixels a side",
  });
});

test("what decoders report becomes one line of few reasons, each once, without the names of their parts", () => {
  const reasons: Readonly<Record<string, string>> = {
    "webp2vips: unable to read pixels": "the image data are damaged or truncated",
    "Input buffer has corrupt header: source: bad seek to 1024\nheif: Invalid input: No 'iloc' box (2.105)":
      "corrupt header: the file is truncated; Invalid input: No 'iloc' box (2.105)",
    "Input buffer has corrupt header: Bogus marker length\nBogus marker length": "corrupt header: Bogus marker length",
    "Input buffer has corrupt header: ": "its header is damaged",
    "glib: XML parse error: Error domain 1 code 73 on line 1 column 13 of data: Extra content":
      "XML parse error: line 1 column 13 of data: Extra content",
    "a\nb\nc\nd\nb": "a; b; c; …",
    "read gave 1 warnings": "the image data are damaged",
  };
  for (const [message, reason] of Object.entries(reasons)) assert.equal(reasonOf(new Error(message)), reason);
});
