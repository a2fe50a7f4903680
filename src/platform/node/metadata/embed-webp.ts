import { asRgbProfile } from "../fitting-profile.js";
import { type Resolution, resolutionEntries } from "../resolution.js";
import { webpChunks } from "../webp.js";
import type { Embedded } from "./embedded.js";
import type { Exif } from "./exif.js";
import { writeExif } from "./exif-writer.js";

/** Flags of the chunk VP8X. Reference: RFC 9649, section 2.7.1. */
const [HAS_PROFILE, HAS_ALPHA, HAS_EXIF, HAS_XMP] = [0x20, 0x10, 0x08, 0x04];

/** The resolution is in the EXIF block, because WebP has no other place for it. */
export function embedInWebp(encoded: Buffer, { resolution, profile: given, exif, xmp }: Embedded): Buffer {
  const profile = given && asRgbProfile(given); // WebP has no gray
  const block = resolution ? withResolution(exif, resolution) : exif;
  if (!profile && !block && xmp === undefined) return encoded;
  const chunks = webpChunks(encoded).filter(({ type }) => type !== "VP8X");
  const head = extendedHeader(encoded);
  head[0] =
    ((head[0] as number) & HAS_ALPHA) |
    (profile ? HAS_PROFILE : 0) |
    (block ? HAS_EXIF : 0) |
    (xmp === undefined ? 0 : HAS_XMP);
  const parts = [
    chunk("VP8X", head),
    ...(profile ? [chunk("ICCP", profile)] : []),
    ...chunks.map(({ start, length }) => encoded.subarray(start - 8, start + length + (length % 2))),
    ...(block ? [chunk("EXIF", writeExif(block))] : []),
    ...(xmp === undefined ? [] : [chunk("XMP ", Buffer.from(xmp))]),
  ];
  const size = parts.reduce((sum, { length }) => sum + length, 4);
  const riff = Buffer.from("RIFF\0\0\0\0WEBP", "latin1");
  riff.writeUInt32LE(size, 4);
  return Buffer.concat([riff, ...parts]);
}

function withResolution(exif: Exif | undefined, resolution: Resolution): Exif {
  const { littleEndian, root, makerNoteAt } = exif ?? { littleEndian: true, root: undefined, makerNoteAt: undefined };
  const entries = new Map([...(root?.entries ?? []), ...resolutionEntries(resolution, littleEndian)]);
  return { littleEndian, root: { entries, children: root?.children ?? new Map() }, makerNoteAt, isWhole: true };
}

function chunk(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 0, "latin1");
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

/** The data of the chunk VP8X: flags and size. It is made from the image data where there is none. */
function extendedHeader(encoded: Buffer): Buffer {
  const [first] = webpChunks(encoded);
  if (!first) throw new Error("a WebP file without chunks");
  const data = encoded.subarray(first.start, first.start + first.length);
  if (first.type === "VP8X") return Buffer.from(data);
  const bits = first.type === "VP8L" ? data.readUInt32LE(1) : data.readUInt32LE(6);
  const isLossless = first.type === "VP8L";
  const width = isLossless ? (bits & 0x3fff) + 1 : bits & 0x3fff;
  const height = isLossless ? ((bits >>> 14) & 0x3fff) + 1 : (bits >>> 16) & 0x3fff;
  const head = Buffer.alloc(10);
  head[0] = isLossless && (bits >>> 28) & 1 ? HAS_ALPHA : 0;
  head.writeUIntLE(width - 1, 4, 3);
  head.writeUIntLE(height - 1, 7, 3);
  return head;
}
