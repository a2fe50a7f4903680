import assert from "node:assert/strict";
import { test } from "node:test";
import sharp, { type Sharp } from "sharp";
import { tiffFile } from "../../../testing/tiff-file.js";
import { decodeRaster, encodeRaster, type OutputFormat } from "../../enhancement/raster-codec.js";
import { pngChunk } from "./png.js";

const formats: readonly OutputFormat[] = ["png", "jpeg", "webp", "tiff"];
const patch = (): Sharp => sharp({ create: { width: 16, height: 8, channels: 3, background: "red" } });

/** A PNG of 300 x 150 dpi; libvips itself writes the same along both axes. */
async function unevenPng(): Promise<Buffer> {
  const png = await patch().png().toBuffer();
  const data = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1]);
  data.writeUInt32BE(11811, 0);
  data.writeUInt32BE(5906, 4);
  return Buffer.concat([png.subarray(0, 33), pngChunk("pHYs", data), png.subarray(33)]);
}

for (const format of formats) {
  test(`300 x 150 dpi survive in ${format}, and read back`, async () => {
    const decoded = await decodeRaster(await unevenPng(), "image");
    const { data: encoded } = await encodeRaster({ ...decoded, format });
    const { resolution } = await decodeRaster(encoded, "image");
    assert.ok(resolution && Math.abs(resolution.x - 300) < 0.02 && Math.abs(resolution.y - 150) < 0.02);
    // libvips reads the first axis, but not in WebP.
    if (format !== "webp") assert.equal((await sharp(encoded).metadata()).density, 300);
  });

  test(`no resolution is stated in ${format} where the input states none`, async () => {
    const data = new Uint8Array(16 * 8);
    const decoded = await decodeRaster(
      tiffFile({ width: 16, height: 8, data, bits: 8, photometric: 1, channels: 1 }),
      "image",
    );
    assert.equal(decoded.resolution, undefined);
    const { data: encoded } = await encodeRaster({ ...decoded, format });
    assert.equal((await decodeRaster(encoded, "image")).resolution, undefined);
    assert.ok(!encoded.includes("pHYs"));
  });
}

/** A JPEG with a JFIF header. */
async function jfif(unit: number, x: number, y: number, orientation = 1): Promise<Buffer> {
  const jpeg = await patch().jpeg().withMetadata({ orientation }).toBuffer();
  const header = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, ...Buffer.from("JFIF\0"), 1, 1, unit, 0, x, 0, y, 0, 0]);
  return Buffer.concat([header, jpeg.subarray(2)]);
}

test("the axes of the resolution change places if the image is turned upright", async () => {
  const { resolution, raster } = await decodeRaster(await jfif(1, 200, 100, 6), "image");
  assert.deepEqual([raster.width, raster.height], [8, 16]);
  assert.deepEqual(resolution, { x: 100, y: 200 });
});

test("a resolution per centimeter is converted to inches", async () => {
  assert.deepEqual((await decodeRaster(await jfif(2, 100, 50), "image")).resolution, { x: 254, y: 127 });
});

test("a JPEG that states only the shape of its pixels has no resolution", async () => {
  const jpeg = await patch().jpeg().toBuffer();
  assert.equal((await decodeRaster(jpeg, "image")).resolution, undefined);
  const header = (await jfif(0, 2, 1)).subarray(0, 20);
  const shaped = Buffer.concat([header, jpeg.subarray(2)]);
  assert.equal((await decodeRaster(shaped, "image")).resolution, undefined);
});

test("EXIF and XMP of a file are in the encoded one, and none are added", async () => {
  const rdf = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF>';
  const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/">${rdf}</x:xmpmeta>`;
  for (const format of ["png", "jpeg", "webp"] as const) {
    const kept = async (pipeline: Sharp) => {
      const decoded = await decodeRaster(await pipeline.toFormat(format).toBuffer(), "image");
      const { data, dropped } = await encodeRaster(decoded);
      assert.deepEqual(dropped, []);
      return sharp(data).metadata();
    };
    const bare = await kept(patch());
    assert.deepEqual([bare.exif, bare.xmp], [undefined, undefined]);
    assert.ok((await kept(patch().withExif({ IFD0: { Copyright: "A. Author" } }))).exif?.includes("A. Author"));
    assert.ok((await kept(patch().withExif({ IFD3: { GPSDateStamp: "2020:01:01" } }))).exif?.includes("2020:01:01"));
    assert.equal((await kept(patch().withXmp(xmp))).xmpAsString, xmp);
  }
});

test("comments of a JPEG, and texts and dates of a PNG, are reported as text where the format has no place for them", async () => {
  const kinds = async (content: Buffer) =>
    (await encodeRaster({ ...(await decodeRaster(content, "image")), format: "webp" })).dropped;
  const [jpeg, png] = [await patch().jpeg().toBuffer(), await patch().png().toBuffer()];
  const comment = Buffer.from("\xff\xfe\0\x07hello", "latin1");
  assert.deepEqual(await kinds(Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)])), ["text"]);
  for (const [type, data] of [
    ["tEXt", "Comment\0hello"],
    ["iTXt", "Comment\0\0\0\0\0hello"],
    ["tIME", "\x07\xe4\x01\x01\0\0\0"],
  ] as const) {
    const chunk = pngChunk(type, Buffer.from(data, "latin1"));
    assert.deepEqual(await kinds(Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)])), ["text"], type);
  }
});
