import { deflateSync, inflateSync } from "node:zlib";
import { type PngChunk, pngChunk } from "../png.js";

/** A text of a PNG file. */
export interface PngText {
  readonly keyword: string;
  /** Undefined where it is damaged. */
  readonly text: Buffer | undefined;
}

/** The most bytes of an uncompressed text. */
const LARGEST_TEXT = 2 ** 26;

const TEXTS = ["tEXt", "zTXt", "iTXt"];

/** Reads a text chunk; undefined for other chunks. Reference: PNG, third edition, section 11.3.3. */
export function readText(content: Buffer, { type, start, length }: PngChunk): PngText | undefined {
  if (!TEXTS.includes(type)) return undefined;
  const data = content.subarray(start + 8, start + 8 + length);
  const end = data.indexOf(0);
  if (end < 0) return undefined;
  const keyword = data.toString("latin1", 0, end);
  if (type === "tEXt") return { keyword, text: data.subarray(end + 1) };
  if (type === "zTXt") return { keyword, text: inflated(data.subarray(end + 2)) };
  const translated = data.indexOf(0, data.indexOf(0, end + 3) + 1);
  const text = data.subarray(translated + 1);
  return { keyword, text: data[end + 1] === 1 ? inflated(text) : text };
}

function inflated(data: Buffer): Buffer | undefined {
  try {
    return inflateSync(data, { maxOutputLength: LARGEST_TEXT });
  } catch {
    return undefined; // damaged
  }
}

const RAW = "Raw profile type ";

/** The name of the metadata that a keyword of ImageMagick announces, in lower case; undefined for other keywords. */
export const rawProfileName = (keyword: string): string | undefined =>
  keyword.startsWith(RAW) ? keyword.slice(RAW.length).toLowerCase() : undefined;

/** The bytes of metadata that ImageMagick writes as a text in hexadecimal digits; undefined where they are damaged. */
export function readRawProfile(text: Buffer): Buffer | undefined {
  const [, length, digits = ""] = text.toString("latin1").match(/^\s*[^\n]+\n\s*(\d+)\n([\da-fA-F\s]*)/) ?? [];
  const data = Buffer.from(digits.replace(/\s/g, ""), "hex");
  return length !== undefined && data.length === Number(length) ? data : undefined;
}

/** A chunk with IPTC-IIM and image resources as ImageMagick writes them, since PNG defines none for these. */
export function rawProfileChunk(name: string, data: Buffer): Buffer {
  const lines = data.toString("hex").replace(/(.{72})/g, "$1\n");
  const text = `\n${name}\n${String(data.length).padStart(8)}\n${lines}\n`;
  return pngChunk("zTXt", Buffer.concat([Buffer.from(`${RAW}${name}\0\0`, "latin1"), deflateSync(text)]));
}

/** The keyword of XMP. */
export const XMP_KEYWORD = "XML:com.adobe.xmp";

export const xmpChunk = (xmp: string): Buffer => pngChunk("iTXt", Buffer.from(`${XMP_KEYWORD}\0\0\0\0\0${xmp}`));
