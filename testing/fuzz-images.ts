import { crc32 } from "node:zlib";
import sharp from "sharp";
import { tiffDirectories } from "../src/platform/node/tiff.js";
import { type Random, randomAt } from "../src/random.js";
import {
  anyField,
  type ByteEdit,
  byteEdits,
  duplicatePart,
  extremeField,
  type NumberField,
  overwriteRun,
  pick,
  splice,
} from "./byte-mutations.js";
import { COLORANTS, gammaCurve, iccProfile } from "./icc-profile.js";
import { formulaImage } from "./images.js";
import { tiffFile } from "./tiff-file.js";

const [WIDTH, HEIGHT] = [40, 28];

/** Small image files of all formats that are decoded, and of some that are refused. */
export async function fuzzImages(): Promise<Buffer[]> {
  const { data } = formulaImage(WIDTH, HEIGHT);
  const rgb = () => sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
  const rgba = () => rgb().ensureAlpha(0.5);
  const gray = () => rgb().toColourspace("b-w");
  const deep = () => rgb().toColourspace("rgb16");
  const frames = await sharp([await rgb().png().toBuffer(), await rgb().negate().png().toBuffer()], {
    join: { animated: true },
  })
    .gif()
    .toBuffer();
  const encoded = [
    rgb().jpeg(),
    rgb().jpeg({ progressive: true, chromaSubsampling: "4:4:4" }),
    rgb().toColourspace("cmyk").jpeg(),
    gray().jpeg(),
    rgb().withMetadata({ orientation: 6, density: 300 }).jpeg(),
    rgb().withIccProfile("p3").jpeg(),
    rgb().png(),
    rgba().png(),
    gray().png(),
    deep().png(),
    rgb().png({ palette: true, colours: 16 }),
    rgba().png({ progressive: true }),
    deep().withIccProfile("p3").png(),
    rgb().withMetadata({ orientation: 3 }).png(),
    rgb().webp(),
    rgba().webp({ alphaQuality: 60 }),
    rgba().webp({ lossless: true }),
    rgb().withMetadata({ orientation: 8 }).webp(),
    rgb().tiff({ compression: "none" }),
    rgb().tiff({ compression: "lzw", predictor: "horizontal" }),
    rgba().tiff({ compression: "deflate", tile: true, tileWidth: 16, tileHeight: 16 }),
    rgb().tiff({ compression: "jpeg" }),
    deep().withIccProfile("p3").tiff({ compression: "deflate" }),
    gray().tiff({ bitdepth: 1, compression: "ccittfax4" }),
    rgb().gif(),
    rgb().avif({ effort: 0 }),
    rgba().avif({ effort: 0, lossless: true }),
  ];
  return [
    ...(await Promise.all(encoded.map((each) => each.toBuffer()))),
    ...rawTiffs(),
    frames,
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}"><rect width="9" height="9" fill="red"/></svg>`,
    ),
  ];
}

/** TIFF files of 16-bit gray with a profile, floating-point numbers, 32-bit integers, palettes and several pages. */
function rawTiffs(): Buffer[] {
  const size = { width: WIDTH, height: HEIGHT };
  const count = WIDTH * HEIGHT;
  const gray = { ...size, photometric: 1, channels: 1 };
  const ramp = Float32Array.from({ length: count }, (_, i) => i / count);
  const words = Uint16Array.from(ramp, (v) => 65535 * v);
  const color = Uint16Array.from({ length: 3 * count }, (_, i) => (i * 77) % 65536);
  return [
    tiffFile({ ...gray, data: words, bits: 16, profile: iccProfile(gammaCurve(1)) }),
    tiffFile({
      ...{ ...size, data: color, bits: 16, photometric: 2, channels: 3 },
      profile: iccProfile(gammaCurve(2.2), COLORANTS["Adobe RGB"]),
    }),
    tiffFile({ ...gray, data: ramp, bits: 32, format: 3 }),
    tiffFile({ ...gray, data: Uint32Array.from(ramp, (v) => v * 2 ** 32), bits: 32 }),
    tiffFile({ ...gray, data: words, bits: 16 }, { ...gray, data: words, bits: 16, tags: { 254: [1] } }),
    tiffFile({ ...size, data: new Uint8Array(4 * count).fill(99), bits: 8, photometric: 5, channels: 4 }),
  ];
}

/** A corrupted image file made from one or two of `images`. It depends only on the images, the seed and the index. */
export function mutatedImage(images: readonly Buffer[], seed: number, index: number): Buffer {
  const random = randomAt(seed, index);
  let bytes: Uint8Array = pick(random, images);
  for (let left = random.uniform() < 0.6 ? 1 : 2 + random.integer(3); left > 0; left--)
    bytes = pick(random, imageEdits(images))(bytes, random);
  const content = Buffer.from(bytes);
  return random.uniform() < 0.7 ? withChecksums(content) : content;
}

const imageEdits = (images: readonly Buffer[]): ByteEdit[] => [
  ...byteEdits,
  overwriteRun,
  duplicatePart,
  (bytes, random) => splice(bytes, pick(random, images), random),
  (bytes, random) => extremeField(bytes, [anyField(bytes, random)], random),
  sizeEdit,
  sizeEdit,
];

const sizeEdit: ByteEdit = (bytes, random: Random) => extremeField(bytes, sizeFields(Buffer.from(bytes)), random);

const big = (offset: number, size = 4): NumberField => ({ offset, size, littleEndian: false });
const little = (offset: number, size = 4): NumberField => ({ offset, size, littleEndian: true });

/** Where a file states widths, heights, counts and offsets. */
function sizeFields(file: Buffer): NumberField[] {
  const start = file.toString("latin1", 0, 4);
  if (start === "\x89PNG") return [big(16), big(20), big(24, 1), big(25, 1), big(33)];
  if (start === "GIF8") return [little(6, 2), little(8, 2), big(10, 1)];
  if (start === "RIFF")
    return [little(4), little(16), little(21), little(24, 3), little(27, 3), little(26, 2), little(28, 2)];
  if (start.startsWith("\xff\xd8")) {
    const frame = [0xc0, 0xc2].map((marker) => file.indexOf(Buffer.from([0xff, marker]))).find((at) => at > 0) ?? 0;
    return [big(frame + 5, 2), big(frame + 7, 2), big(frame + 9, 1), big(frame + 2, 2)];
  }
  if (file.toString("latin1", 4, 8) === "ftyp") {
    const extent = file.indexOf("ispe");
    return [big(extent + 8), big(extent + 12), big(extent - 4), big(0)];
  }
  return tiffDirectories(file).flatMap((directory) =>
    directory.tags.flatMap((tag) => {
      const offset = directory.offsetOf(tag) ?? 0;
      return [little(offset), little(offset, 2)];
    }),
  );
}

/** A PNG with right checksums, so that what is behind them is reached; other files are unchanged. */
function withChecksums(file: Buffer): Buffer {
  if (file.toString("latin1", 1, 4) !== "PNG") return file;
  const copy = Buffer.from(file);
  for (let start = 8; start + 12 <= copy.length; ) {
    const end = start + 12 + copy.readUInt32BE(start);
    if (end > copy.length) break;
    copy.writeUInt32BE(crc32(copy.subarray(start + 4, end - 4)), end - 4);
    start = end;
  }
  return copy;
}
