import { createHash } from "node:crypto";

/* The application segments of a JPEG that hold metadata, each with at most 65533 bytes of data. */

const LARGEST = 65533;

export const APP = { exif: 0xe1, profile: 0xe2, photoshop: 0xed, c2pa: 0xeb, comment: 0xfe } as const;

export const HEADER = {
  exif: Buffer.from("Exif\0\0", "latin1"),
  xmp: Buffer.from("http://ns.adobe.com/xap/1.0/\0", "latin1"),
  extendedXmp: Buffer.from("http://ns.adobe.com/xmp/extension/\0", "latin1"),
  photoshop: Buffer.from("Photoshop 3.0\0", "latin1"),
  profile: Buffer.from("ICC_PROFILE\0", "latin1"),
} as const;

/** The data after a header; undefined if they begin otherwise. */
export const after = (header: Buffer, data: Buffer): Buffer | undefined =>
  data.subarray(0, header.length).equals(header) ? data.subarray(header.length) : undefined;

export function segment(marker: number, ...parts: readonly Buffer[]): Buffer {
  const data = Buffer.concat(parts);
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(2 + data.length, 2);
  return Buffer.concat([head, data]);
}

/** Whether an EXIF block fits into its only segment. */
export const fitsExif = (block: Buffer): boolean => HEADER.exif.length + block.length <= LARGEST;

export const exifSegment = (block: Buffer): Buffer => segment(APP.exif, HEADER.exif, block);

/** Segments with an ICC profile. Reference: ICC.1:2022, section B.4. */
export function profileSegments(profile: Buffer): Buffer[] {
  const pieces = cut(profile, LARGEST - HEADER.profile.length - 2);
  return pieces.map((piece, i) => segment(APP.profile, HEADER.profile, Buffer.from([i + 1, pieces.length]), piece));
}

/** Segments with image resources, which readers join. */
export const photoshopSegments = (resources: Buffer): Buffer[] =>
  cut(resources, LARGEST - HEADER.photoshop.length).map((piece) => segment(APP.photoshop, HEADER.photoshop, piece));

const cut = (data: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(data.length / size) }, (_, i) => data.subarray(i * size, (i + 1) * size));

/** Whether a packet fits into the segment of standard XMP. */
export const fitsXmp = (xmp: Buffer): boolean => HEADER.xmp.length + xmp.length <= LARGEST;

export const xmpSegment = (xmp: Buffer): Buffer => segment(APP.exif, HEADER.xmp, xmp);

/** How standard XMP names its extension. */
export const digestOf = (extension: Buffer): string => createHash("md5").update(extension).digest("hex").toUpperCase();

/** Bytes of an extension's digest, length and offset. */
const [DIGEST, WORD] = [32, 4];

/** Segments with extended XMP. Reference: XMP Specification Part 3 (2020), section 1.1.3.1. */
export function extensionSegments(extension: Buffer): Buffer[] {
  const size = LARGEST - HEADER.extendedXmp.length - DIGEST - 2 * WORD;
  return cut(extension, size).map((piece, i) => {
    const place = Buffer.alloc(2 * WORD);
    place.writeUInt32BE(extension.length, 0);
    place.writeUInt32BE(i * size, WORD);
    return segment(APP.exif, HEADER.extendedXmp, Buffer.from(digestOf(extension)), place, piece);
  });
}

/** Joins the segments of extended XMP that follow a header; undefined where one is missing. */
export function joinedExtension(pieces: readonly Buffer[]): Buffer | undefined {
  const parts = pieces
    .filter((piece) => piece.length > DIGEST + 2 * WORD)
    .map((piece) => ({
      digest: piece.toString("latin1", 0, DIGEST),
      at: piece.readUInt32BE(DIGEST + WORD),
      data: piece.subarray(DIGEST + 2 * WORD),
    }))
    .sort((a, b) => a.at - b.at);
  const joined = Buffer.concat(parts.map(({ data }) => data));
  return parts.every(({ digest }) => digest === digestOf(joined)) ? joined : undefined;
}
