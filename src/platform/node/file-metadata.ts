import type { Metadata } from "sharp";
import { headerSegments, isJpeg } from "./jpeg.js";
import { isPng, pngChunks } from "./png.js";
import { exifDirectory } from "./resolution.js";
import { TAG, type TiffDirectory, tiffDirectories } from "./tiff.js";

/** A kind of metadata of an image file. C2PA are signed statements of its origin; a gain map is for HDR displays. */
export type MetadataKind = "EXIF" | "XMP" | "IPTC" | "text" | "C2PA" | "color profile" | "gain map";

const GPS = 34853;
/** Tags that describe an image rather than its pixels: name, description, maker, model, software, date, artist, copyright. */
const DESCRIPTIVE = [269, 270, 271, 272, 285, 305, 306, 315, 316, 33432, GPS, 40091, 40092, 40093, 40094, 40095];
/** Tags of the EXIF directory that every program writes: versions, layout of components, color space and size. */
const FORMAL = [36864, 37121, 40960, 40961, 40962, 40963, 40965];

/**
 * The kinds of descriptive metadata in a file. Orientation, resolution and color profile are none of them.
 * @param metadata of the file, as sharp reads it.
 */
export function metadataKinds(content: Buffer, { exif, xmp, iptc, comments }: Metadata): MetadataKind[] {
  const directories = [tiffDirectories(content)[0], exif && exifDirectory(exif)];
  return [
    ...(directories.some((directory) => directory && isDescriptive(directory)) ? (["EXIF"] as const) : []),
    ...(xmp ? (["XMP"] as const) : []),
    ...(iptc ? (["IPTC"] as const) : []),
    ...((comments && comments.length > 0) || hasNote(content) ? (["text"] as const) : []),
  ];
}

/** Whether a JPEG has a comment or a PNG a date, which sharp does not read. */
function hasNote(content: Buffer): boolean {
  if (isPng(content)) return pngChunks(content).some(({ type }) => type === "tIME");
  return isJpeg(content) && headerSegments(content).some(({ marker }) => marker === COMMENT);
}

const COMMENT = 0xfe;

const isDescriptive = (directory: TiffDirectory): boolean =>
  directory.tags.some((tag) => DESCRIPTIVE.includes(tag)) ||
  directory.directories(TAG.exif).some(({ tags }) => tags.some((tag) => !FORMAL.includes(tag)));
