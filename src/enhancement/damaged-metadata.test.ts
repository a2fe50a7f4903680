import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { formulaImage } from "../../testing/images.js";
import { residualProcessor } from "../../testing/processors.js";
import { headerSegments } from "../platform/node/jpeg.js";
import { embed } from "../platform/node/metadata/embed.js";
import { writeExif } from "../platform/node/metadata/exif-writer.js";
import { APP, after, HEADER, segment } from "../platform/node/metadata/jpeg-segments.js";
import { keptMetadata } from "../platform/node/metadata/kept-metadata.js";
import { readMetadata } from "../platform/node/metadata/source-metadata.js";
import { pngChunk, pngChunks } from "../platform/node/png.js";
import { Processor } from "../processors/processor.js";
import { enhance } from "./enhance.js";

const processor = new Processor(residualProcessor(2, 0));
const [width, height] = [48, 32];
const image = () => sharp(formulaImage(width, height).data, { raw: { width, height, channels: 3 } });
const exif = { IFD0: { Make: "Camera" }, IFD2: { LensModel: "Lens" } };
const XMP = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="kept"/></rdf:RDF></x:xmpmeta>`;

/** A JPEG with segments after its start. */
const jpegWith = async (...segments: readonly Buffer[]): Promise<Buffer> => {
  const plain = await image().jpeg().toBuffer();
  return Buffer.concat([plain.subarray(0, 2), ...segments, plain.subarray(2)]);
};

const records = Buffer.from("\x1c\x02\x19\0\x04boat", "latin1");
const resources = (data: Buffer) =>
  Buffer.concat([
    Buffer.from([...Buffer.from("8BIM"), 4, 4, 0, 0, 0, 0, 0, data.length]),
    data,
    Buffer.alloc(data.length % 2),
  ]);

const damages: [what: string, segments: readonly Buffer[], kinds: readonly string[]][] = [
  [
    "an EXIF block without a byte order",
    [segment(APP.exif, HEADER.exif, Buffer.from("nothing of TIFF in here"))],
    ["EXIF"],
  ],
  [
    "an EXIF block that ends in its directory",
    [segment(APP.exif, HEADER.exif, Buffer.from("II*\0\x08\0\0\0\xff\0\x0f\x01", "latin1"))],
    ["EXIF"],
  ],
  ["an empty EXIF block", [segment(APP.exif, HEADER.exif)], ["EXIF"]],
  ["XMP that is not well-formed", [segment(APP.exif, HEADER.xmp, Buffer.from(XMP.slice(0, -20)))], ["XMP"]],
  [
    "XMP that is not UTF-8",
    [segment(APP.exif, HEADER.xmp, Buffer.from(XMP.replace("kept", "\xff\xfe"), "latin1"))],
    ["XMP"],
  ],
  [
    "XMP whose extension lacks a part",
    [segment(APP.exif, HEADER.xmp, Buffer.from(XMP)), segment(APP.exif, HEADER.extendedXmp, Buffer.alloc(60, 65))],
    ["XMP"],
  ],
  ["IPTC that is cut off", [segment(APP.photoshop, HEADER.photoshop, resources(records).subarray(0, 15))], ["IPTC"]],
  ["IPTC of other bytes", [segment(APP.photoshop, HEADER.photoshop, resources(Buffer.from("nothing")))], ["IPTC"]],
  ["a signed statement of C2PA", [segment(APP.c2pa, Buffer.from("JP\0\x01\0\0\0\x01jumb c2pa"))], ["C2PA"]],
];

for (const [what, segments, kinds] of damages)
  test(`${what} is left out with a remark, in every format`, async () => {
    const content = await jpegWith(...segments);
    for (const format of ["jpeg", "png", "webp", "tiff"] as const) {
      const { data, droppedMetadata } = await enhance(processor, content, { format });
      assert.deepEqual(droppedMetadata, kinds);
      const { width: wide, exif, iptc } = await sharp(data).metadata();
      assert.deepEqual([wide, exif, iptc], [2 * width, undefined, undefined]);
      assert.match((await sharp(data).metadata()).xmpAsString ?? "", /Legible/);
    }
  });

test("a thousand garbled files never fail for their metadata", async () => {
  const sound = await jpegWith(
    segment(APP.exif, HEADER.xmp, Buffer.from(XMP)),
    segment(APP.photoshop, HEADER.photoshop, resources(records)),
  );
  const whole = Buffer.concat([sound.subarray(0, 2), (await image().jpeg().withExif(exif).toBuffer()).subarray(2)]);
  const described = await sharp(whole).metadata();
  const plain = await image().jpeg().toBuffer();
  const change = { width: 96, height: 64, orientation: 6, scale: 2, isConverted: true };
  for (let i = 0; i < 1000; i++) {
    const garbled = Buffer.from(whole);
    for (let k = 0; k < 3; k++) garbled[2 + ((i * 7919 + k * 104_729) % 900)] = (i * 31 + k * 17) & 255;
    for (const to of ["jpeg", "png"]) {
      const { embedded } = keptMetadata(readMetadata(garbled, described, undefined), change, { from: "jpeg", to });
      embed(plain, { ...embedded, texts: [] });
    }
  }
});

test("texts stay in a PNG, comments in a JPEG; in other formats they are reported", async () => {
  const png = await image().png().toBuffer();
  const chunk = pngChunk("tEXt", Buffer.from("parameters\0a harbor, steps 20", "latin1"));
  const withText = Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
  const kept = await enhance(processor, withText);
  assert.ok(kept.data.includes(chunk) && kept.droppedMetadata === undefined);
  assert.deepEqual((await enhance(processor, withText, { format: "webp" })).droppedMetadata, ["text"]);
  const comment = segment(APP.comment, Buffer.from("a comment"));
  const content = await jpegWith(comment);
  assert.ok((await enhance(processor, content)).data.includes(comment));
  assert.deepEqual((await enhance(processor, content, { format: "tiff" })).droppedMetadata, ["text"]);
  assert.ok(!(await enhance(processor, content, { metadata: "strip" })).data.includes(comment));
});

test("an EXIF block behind the image data of a PNG turns the pixels upright", async () => {
  const png = await image().png().toBuffer();
  const turned = await image().png().withMetadata({ orientation: 6 }).toBuffer();
  const block = pngChunks(turned).find(({ type }) => type === "eXIf");
  assert.ok(block);
  const bytes = turned.subarray(block.start, block.start + 12 + block.length);
  const behind = Buffer.concat([png.subarray(0, -12), bytes, png.subarray(-12)]);
  const [found, expected] = [await enhance(processor, behind), await enhance(processor, turned)];
  assert.deepEqual([found.width, found.height], [2 * height, 2 * width]);
  assert.deepEqual(await sharp(found.data).raw().toBuffer(), await sharp(expected.data).raw().toBuffer());
  assert.equal((await sharp(found.data).metadata()).orientation, 1);
});

test("XMP too long for a segment of a JPEG is written as an extension, and read again", async () => {
  const long = XMP.replace("kept", "k".repeat(150_000));
  const png = await image().png().withXmp(long).toBuffer();
  const { data } = await enhance(processor, png, { format: "jpeg" });
  const pieces = headerSegments(data).filter(
    (part) => part.marker === APP.exif && after(HEADER.extendedXmp, part.data),
  );
  assert.equal(pieces.length, 3);
  const again = await enhance(processor, data, { format: "png" });
  assert.equal(again.droppedMetadata, undefined);
  const text = (await sharp(again.data).metadata()).xmpAsString ?? "";
  assert.match(text, /k{150000}/);
  assert.equal(text.split("<stEvt:softwareAgent>Legible").length, 3);
  assert.doesNotMatch(text, /HasExtendedXMP/);
});

test("an EXIF block too long for a JPEG is left out there with a remark, and kept in a PNG", async () => {
  const description = Buffer.from(`${"long ".repeat(20_000)}\0`);
  const entries = new Map([[270, { type: 2, count: description.length, data: description }]]);
  const root = { entries, children: new Map() };
  const block = writeExif({ littleEndian: true, root, makerNoteAt: undefined, isWhole: true });
  const plain = await image().png().toBuffer();
  const png = Buffer.concat([plain.subarray(0, 33), pngChunk("eXIf", block), plain.subarray(33)]);
  assert.deepEqual((await enhance(processor, png, { format: "jpeg" })).droppedMetadata, ["EXIF"]);
  const { data, droppedMetadata } = await enhance(processor, png);
  assert.equal(droppedMetadata, undefined);
  assert.ok(data.includes("long long long"));
});

test("the same input gives the same bytes, provenance included", async () => {
  const content = await image().withExif(exif).jpeg().toBuffer();
  assert.deepEqual((await enhance(processor, content)).data, (await enhance(processor, content)).data);
});
