import type { Metadata } from "sharp";
import type { MetadataKind } from "../file-metadata.js";
import { headerSegments, isJpeg } from "../jpeg.js";
import { hasGainMap } from "../multi-picture.js";
import { isPng, pngChunks } from "../png.js";
import { isTiff, type TiffDirectory } from "../tiff.js";
import { isWebp, webpChunks } from "../webp.js";
import { type Exif, readExif, readTiffTags } from "./exif.js";
import { APP, after, HEADER, joinedExtension, segment } from "./jpeg-segments.js";
import { type Iptc, readRecords, readResources } from "./photoshop.js";
import { rawProfileName, readRawProfile, readText, XMP_KEYWORD } from "./png-texts.js";
import { isXmp, mergedXmp } from "./xmp.js";

/** The descriptive metadata of a file, as far as they can be read. */
export interface SourceMetadata {
  readonly exif?: Exif | undefined;
  /** An XMP packet, with its extension if it has one. */
  readonly xmp?: string | undefined;
  readonly iptc?: Iptc | undefined;
  /** Texts, dates and comments, as chunks of a PNG or segments of a JPEG. */
  readonly texts: readonly Buffer[];
  /** Kinds of metadata that are not kept, or not all of them, because they are damaged or do not hold for other pixels. */
  readonly damaged: readonly MetadataKind[];
}

/** Whether a file has no descriptive metadata. */
export const isBare = ({ exif, xmp, iptc, texts }: SourceMetadata): boolean =>
  exif === undefined && xmp === undefined && iptc === undefined && texts.length === 0;

/** Metadata of a file, not yet interpreted. */
interface Blocks {
  exif?: Buffer | undefined;
  /** The tags of a TIFF page, which are in the same form. */
  page?: Exif;
  xmp?: Buffer | undefined;
  extensions: Buffer[];
  /** Image resources of Photoshop. */
  resources: Buffer[];
  /** IPTC-IIM records outside them. */
  records?: Buffer | undefined;
  texts: Buffer[];
  /** Whether the file has signed statements of its origin (C2PA). They do not hold for changed pixels. */
  isSigned: boolean;
  damaged: MetadataKind[];
}

/**
 * Reads the descriptive metadata of an image file.
 * @param page of a TIFF file.
 */
export function readMetadata(content: Buffer, metadata: Metadata, page: TiffDirectory | undefined): SourceMetadata {
  const blocks = blocksOf(content, metadata, page);
  const damaged = new Set(blocks.damaged);
  const block = blocks.exif && (after(HEADER.exif, blocks.exif) ?? blocks.exif);
  const exif = blocks.page ?? (block && readExif(block));
  if ((block && !exif) || exif?.isWhole === false) damaged.add("EXIF");
  const iptc = iptcOf(blocks);
  if (iptc?.isWhole === false) damaged.add("IPTC");
  const xmp = xmpOf(blocks, () => damaged.add("XMP"));
  if (blocks.isSigned) damaged.add("C2PA");
  return { exif, xmp, iptc, texts: blocks.texts, damaged: [...damaged] };
}

function blocksOf(content: Buffer, { exif, xmp }: Metadata, page: TiffDirectory | undefined): Blocks {
  if (isJpeg(content)) return jpegBlocks(content);
  if (isPng(content)) return pngBlocks(content);
  if (isWebp(content)) return webpBlocks(content);
  if (isTiff(content) && page) return tiffBlocks(content, page);
  return { ...nothing(), exif, xmp };
}

const nothing = (): Blocks => ({ extensions: [], resources: [], texts: [], isSigned: false, damaged: [] });

function jpegBlocks(content: Buffer): Blocks {
  const blocks = nothing();
  if (hasGainMap(content)) blocks.damaged.push("gain map");
  for (const { marker, data } of headerSegments(content)) {
    if (marker === APP.comment) blocks.texts.push(segment(marker, data));
    if (marker === APP.c2pa) blocks.isSigned ||= data.subarray(0, 64).includes("c2pa");
    const resources = marker === APP.photoshop && after(HEADER.photoshop, data);
    if (resources) blocks.resources.push(resources);
    if (marker !== APP.exif) continue;
    blocks.exif ??= after(HEADER.exif, data);
    blocks.xmp ??= after(HEADER.xmp, data);
    const extension = after(HEADER.extendedXmp, data);
    if (extension) blocks.extensions.push(extension);
  }
  return blocks;
}

/** What other programs derive from EXIF and from the color profile, and what belongs to thumbnails: wrong for the result. */
const DERIVED = /^(exif|icc|png|Thumb|date):/;

function pngBlocks(content: Buffer): Blocks {
  const blocks = nothing();
  for (const chunk of pngChunks(content)) {
    const { type, start, length } = chunk;
    if (!chunk.whole) continue;
    const bytes = content.subarray(start, start + 12 + length);
    if (type === "eXIf") blocks.exif = bytes.subarray(8, -4);
    if (type === "caBX") blocks.isSigned = true;
    if (type === "tIME") blocks.texts.push(bytes);
    const text = readText(content, chunk);
    if (!text) continue;
    const profile = rawProfileName(text.keyword);
    if (profile !== undefined) addRawProfile(blocks, profile, text.text && readRawProfile(text.text));
    else if (text.keyword === XMP_KEYWORD) blocks.xmp = text.text ?? Buffer.alloc(0);
    else if (!DERIVED.test(text.keyword)) blocks.texts.push(bytes);
  }
  return blocks;
}

function addRawProfile(blocks: Blocks, name: string, data: Buffer | undefined): void {
  const kind = { exif: "EXIF", app1: "EXIF", xmp: "XMP", iptc: "IPTC", "8bim": "IPTC" }[name] as
    | MetadataKind
    | undefined;
  if (!data) {
    if (kind) blocks.damaged.push(kind);
    return;
  }
  const xmp = after(HEADER.xmp, data);
  if (name === "xmp" || (kind === "EXIF" && xmp)) blocks.xmp ??= xmp ?? data;
  else if (kind === "EXIF") blocks.exif ??= data;
  if (kind !== "IPTC") return;
  const resources = after(HEADER.photoshop, data) ?? data;
  if (resources.toString("latin1", 0, 4) !== "8BIM") blocks.records ??= resources;
  else if (blocks.resources.length === 0) blocks.resources.push(resources);
}

function webpBlocks(content: Buffer): Blocks {
  const blocks = nothing();
  for (const { type, start, length } of webpChunks(content)) {
    const data = content.subarray(start, start + length);
    if (type === "EXIF") blocks.exif ??= data;
    if (type === "XMP ") blocks.xmp ??= data;
    if (type === "C2PA") blocks.isSigned = true;
  }
  return blocks;
}

const [XMP, IPTC, PHOTOSHOP, C2PA] = [700, 33723, 34377, 52545];

function tiffBlocks(content: Buffer, page: TiffDirectory): Blocks {
  const resources = page.raw(PHOTOSHOP)?.data;
  const records = page.raw(IPTC);
  // Some programs declare them as uint32, and then swap them in files of the other byte order.
  const isSwapped = records?.type === 4 && content[0] === 0x49 && records.data[0] !== 0x1c;
  return {
    ...nothing(),
    page: readTiffTags(content, page),
    xmp: page.raw(XMP)?.data,
    resources: resources ? [resources] : [],
    records: isSwapped ? Buffer.from(records.data).swap32() : records?.data,
    isSigned: page.tags.includes(C2PA),
  };
}

function iptcOf({ resources, records }: Blocks): Iptc | undefined {
  const outside = records && readRecords(records);
  if (resources.length === 0) return outside;
  const within = readResources(Buffer.concat(resources));
  return {
    records: outside?.records ?? within.records,
    resources: within.resources,
    isWhole: within.isWhole && (outside?.isWhole !== false || within.records !== undefined),
  };
}

/** The packet as text, with its extension. */
function xmpOf({ xmp, extensions }: Blocks, onDamage: () => void): string | undefined {
  if (!xmp) return undefined;
  const text = textOf(xmp);
  if (text === undefined || !isXmp(text)) {
    onDamage();
    return undefined;
  }
  if (extensions.length === 0) return text;
  const joined = joinedExtension(extensions);
  const extension = joined && textOf(joined);
  if (extension !== undefined && isXmp(extension)) return mergedXmp(text, extension);
  onDamage();
  return text;
}

/** The text of a packet in UTF-8 or, with a byte order mark, UTF-16, without zeros at its end; undefined if it is neither. */
function textOf(xmp: Buffer): string | undefined {
  const encoding =
    xmp[0] === 0xfe && xmp[1] === 0xff ? "utf-16be" : xmp[0] === 0xff && xmp[1] === 0xfe ? "utf-16le" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(xmp).replace(/\0+$/, "");
  } catch {
    return undefined; // not text of that encoding
  }
}
