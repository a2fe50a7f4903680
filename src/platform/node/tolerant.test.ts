import assert from "node:assert/strict";
import { test } from "node:test";
import sharp, { type Sharp } from "sharp";
import { UserError } from "../../errors.js";
import { decodeImage } from "./codec.js";
import { hasGainMap } from "./multi-picture.js";
import { pngChunk } from "./png.js";

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

test("a JPEG that is garbled inside is decoded and reported with the reason", async () => {
  const jpeg = jpegs.baseline;
  const truncated = Buffer.concat([jpeg.subarray(0, jpeg.length >> 1), Buffer.from([0xff, 0xd9])]);
  const table = jpeg.indexOf(Buffer.from([0xff, 0xdb]));
  const stray = Buffer.concat([jpeg.subarray(0, table), Buffer.from("abc"), jpeg.subarray(table)]);
  assert.deepEqual((await decoded(truncated)).flaws, ["a part of its image data is missing or damaged"]);
  assert.deepEqual((await decoded(stray)).flaws, ["it contains 3 stray bytes"]);
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

test("a PNG whose image is no frame of its animation is refused: both would have to be processed", async () => {
  const end = png.length - 12;
  const control = pngChunk("acTL", Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]));
  const frame = pngChunk("fcTL", new Uint8Array(26));
  const apart = Buffer.concat([png.subarray(0, 33), control, png.subarray(33, end), frame, png.subarray(end)]);
  await assert.rejects(decodeImage(apart), /it is an animation of 2 images/);
  const first = Buffer.concat([png.subarray(0, 33), control, frame, png.subarray(33)]);
  assert.deepEqual((await decoded(first)).data, noise);
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

/** A multi-picture JPEG (CIPA DC-007) whose second image has a type. */
function multiPicture(first: Buffer, second: Buffer, type: number): Buffer {
  const index = Buffer.alloc(4 + 82);
  index.write("MPF\0II*\0", "latin1");
  const word = (at: number, value: number) => index.writeUInt32LE(value, 4 + at);
  word(4, 8);
  index.writeUInt16LE(3, 4 + 8);
  const tag = (at: number, number: number, kind: number, count: number, value: number) => {
    index.writeUInt16LE(number, 4 + at);
    index.writeUInt16LE(kind, 4 + at + 2);
    word(at + 4, count);
    word(at + 8, value);
  };
  tag(10, 0xb000, 7, 4, 0x30303130);
  tag(22, 0xb001, 4, 1, 2);
  tag(34, 0xb002, 7, 32, 50);
  word(50, 0x030000);
  word(66, type);
  word(70, second.length);
  word(74, first.length + index.length + 4 - 10);
  const length = Buffer.from([0xff, 0xe2, 0, index.length + 2]);
  return Buffer.concat([first.subarray(0, 2), length, index, first.subarray(2), second]);
}

test("a JPEG of two images of one size is refused; previews and gain maps are part of the first image", async () => {
  const [first, half] = [jpegs.baseline, await image().resize(32, 24).jpeg().toBuffer()];
  await assert.rejects(decodeImage(multiPicture(first, first, 0x020002)), /it has 2 images; expected a single image$/);
  const note = Buffer.from("http://ns.adobe.com/xap/1.0/\0<x hdrgm:Version='1.0'/>", "latin1");
  const head = [first.subarray(0, 2), Buffer.from([0xff, 0xe1, 0, note.length + 2]), note];
  const gainMap = Buffer.concat([...head, first.subarray(2)]);
  for (const content of [
    multiPicture(first, first, 0x010001),
    multiPicture(first, half, 0),
    multiPicture(first, gainMap, 0),
    multiPicture(first, first.subarray(2), 0x020002),
  ])
    assert.deepEqual(await decoded(content), await decoded(first));
  assert.deepEqual(
    [hasGainMap(multiPicture(first, gainMap, 0)), hasGainMap(multiPicture(first, half, 0))],
    [true, false],
  );
});

test("formats that libvips reads besides those that are listed are refused: an SVG named like a PNG", async () => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  assert.equal((await sharp(svg).metadata()).format, "svg");
  const message = "cannot decode the image: unsupported image format; expected JPEG, PNG, WebP, TIFF, GIF or AVIF";
  await assert.rejects(decodeImage(svg), { message });
});

test("an image of more pixels than sharp decodes is refused with that number", async () => {
  const content = Buffer.from(png);
  content.writeUInt32BE(60_000, 16);
  content.writeUInt32BE(60_000, 20);
  pngChunk("IHDR", content.subarray(16, 29)).copy(content, 8);
  await assert.rejects(decodeImage(content), /: it has more pixels than can be decoded \(268,402,689\)$/);
});

test("the reason of a damaged file is one sentence, without names of libraries or their functions", async () => {
  const sound = [
    ...[png, jpegs.baseline, jpegs.progressive, await image().webp().toBuffer(), await image().avif().toBuffer()],
    ...[
      await image().gif().toBuffer(),
      await image().tiff().toBuffer(),
      await image().tiff({ compression: "lzw" }).toBuffer(),
    ],
  ];
  const damaged = sound.flatMap((content) => [
    ...[0.02, 0.3, 0.5, 0.9].map((share) => content.subarray(0, Math.ceil(content.length * share))),
    ...[7, 29, 101].map((every) => content.map((byte, i) => (i > 40 && i % every === 0 ? byte ^ 0x5a : byte))),
  ]);
  const reasons = new Set<string>();
  for (const content of damaged)
    await decodeImage(Buffer.from(content), { onFlaw: (flaw) => reasons.add(flaw) }).catch((error) => {
      assert.ok(error instanceof UserError);
      reasons.add(error.message);
    });
  assert.ok(reasons.size > 2);
  for (const reason of reasons) {
    assert.match(reason, /^[^\n:]*(: [^\n:;]*(; expected [^\n;]*)?)?$/);
    assert.doesNotMatch(reason, /vips|heif|libpng|webp2|scanline|huffman|sharp|header|buffer|0x|undefined/i);
  }
});

test("an AVIF that states a side of 2147483647 pixels is refused before it is decoded", async () => {
  const avif = Buffer.from(await image().avif().toBuffer());
  avif.writeUInt32BE(2 ** 31 - 1, avif.indexOf("ispe") + 8);
  await assert.rejects(decodeImage(avif), {
    name: "UserError",
    message: "cannot decode the image: its size is 2147483647x48; expected at most 10000000 pixels a side",
  });
});
