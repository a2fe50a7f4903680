import { deflateSync } from "node:zlib";
import { isJpeg } from "../jpeg.js";
import { isPng, pngChunk, pngChunks } from "../png.js";
import { jfifHeader, physicalChunk } from "../resolution.js";
import { isTiff } from "../tiff.js";
import { isWebp } from "../webp.js";
import { embedInTiff } from "./embed-tiff.js";
import { embedInWebp } from "./embed-webp.js";
import type { Embedded } from "./embedded.js";
import { writeExif } from "./exif-writer.js";
import {
  digestOf,
  exifSegment,
  extensionSegments,
  fitsXmp,
  photoshopSegments,
  profileSegments,
  xmpSegment,
} from "./jpeg-segments.js";
import { writeResources } from "./photoshop.js";
import { rawProfileChunk, xmpChunk } from "./png-texts.js";
import { dividedXmp } from "./xmp.js";

/**
 * Adds metadata to a file that sharp encoded without any. The image data are not touched.
 *
 * sharp itself can carry metadata from an input to its output, but it keeps the thumbnail of the input, loses EXIF in TIFF and
 * IPTC in PNG, and maker notes move; and pixels would have to be composited over the input, which gives PNG an alpha channel.
 */
export function embed(encoded: Buffer, embedded: Embedded): Buffer {
  if (isPng(encoded)) return embedInPng(encoded, embedded);
  if (isJpeg(encoded)) return embedInJpeg(encoded, embedded);
  if (isTiff(encoded)) return embedInTiff(encoded, embedded);
  return isWebp(encoded) ? embedInWebp(encoded, embedded) : encoded;
}

/** PNG, third edition, section 5.6: the chunks are before the image data. libvips writes a resolution where none is known. */
function embedInPng(encoded: Buffer, { resolution, profile, exif, xmp, iptc, texts = [] }: Embedded): Buffer {
  const [header, ...chunks] = pngChunks(encoded)
    .filter(({ type }) => type !== "pHYs")
    .map(({ start, length }) => encoded.subarray(start, start + 12 + length));
  const resources = iptc && writeResources(iptc);
  return Buffer.concat([
    encoded.subarray(0, 8),
    ...(header ? [header] : []),
    ...(profile ? [pngChunk("iCCP", Buffer.concat([Buffer.from("ICC profile\0\0"), deflateSync(profile)]))] : []),
    ...(resolution ? [physicalChunk(resolution)] : []),
    ...(exif ? [pngChunk("eXIf", writeExif(exif))] : []),
    ...(xmp === undefined ? [] : [xmpChunk(xmp)]),
    ...(resources ? [rawProfileChunk("iptc", resources)] : []),
    ...texts,
    ...chunks,
  ]);
}

const START = 2;

/** libvips writes no JFIF header. */
function embedInJpeg(encoded: Buffer, { resolution, profile, exif, xmp, iptc, texts = [] }: Embedded): Buffer {
  const jfif = resolution && jfifHeader(resolution);
  return Buffer.concat([
    encoded.subarray(0, START),
    ...(jfif ? [jfif] : []),
    ...(exif ? [exifSegment(writeExif(exif))] : []),
    ...(xmp === undefined ? [] : xmpSegments(xmp)),
    ...(iptc ? photoshopSegments(writeResources(iptc)) : []),
    ...(profile ? profileSegments(profile) : []),
    ...texts,
    encoded.subarray(START),
  ]);
}

function xmpSegments(xmp: string): Buffer[] {
  if (fitsXmp(Buffer.from(xmp))) return [xmpSegment(Buffer.from(xmp))];
  const divided = dividedXmp(xmp, digestOf);
  return [xmpSegment(Buffer.from(divided.xmp)), ...extensionSegments(divided.extension)];
}
