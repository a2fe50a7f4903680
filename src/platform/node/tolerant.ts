import { messageOf, UserError } from "../../errors.js";
import { hasAllScans, hasEndMarker, isJpeg, withEndMarker } from "./jpeg.js";
import type { FailOn } from "./open-image.js";
import { isPng, pngChunks, withPngEnd } from "./png.js";
import { isTiff, tiffDirectories } from "./tiff.js";
import { isCutWebp, isWebp, withWebpEnd } from "./webp.js";

/** A decoded image, with what is wrong with its file if it was decoded nevertheless. */
export interface Decoded<T> {
  readonly value: T;
  readonly flaw?: string;
}

type Decode<T> = (content: Buffer, failOn: FailOn) => Promise<T>;

const NO_END = "its end marker is missing";
const NO_REST = "its end is missing";

/**
 * Decodes a file that may have flaws: one whose pixels are complete but whose end marker is missing, as browsers accept it, or
 * one whose decoder warns of damaged data. A sound file is decoded once.
 * @throws what `decode` throws for a file that is truncated or cannot be decoded.
 */
export async function decodeTolerantly<T>(content: Buffer, decode: Decode<T>): Promise<Decoded<T>> {
  try {
    const value = await decode(content, strictest(content));
    return isCut(content) ? { value, flaw: endFlaw(content) } : { value };
  } catch (error) {
    if (error instanceof UserError) throw error;
    return decodeFlawed(content, decode, error);
  }
}

async function decodeFlawed<T>(content: Buffer, decode: Decode<T>, warning: unknown): Promise<Decoded<T>> {
  if (!isCut(content)) {
    const value = await decode(content, "error");
    const flaw = reasonOf(warning);
    return isTiff(content) && !/corrupt/i.test(flaw) ? { value } : { value, flaw };
  }
  const ended = withEnd(content);
  if (!ended) throw warning;
  const value = await decode(ended, "warning").catch((error) => {
    throw error instanceof UserError ? error : warning;
  });
  return { value, flaw: endFlaw(content) };
}

const endFlaw = (content: Buffer): string => (isWebp(content) ? NO_REST : NO_END);

const [COMPRESSION, JPEG] = [259, 7];

/** libtiff also warns of tags that it does not know, which are common and harmless; only JPEG data in it are checked. */
const strictest = (content: Buffer): FailOn =>
  isTiff(content) && tiffDirectories(content)[0]?.number(COMPRESSION) !== JPEG ? "error" : "warning";

/** Whether the end of a JPEG, PNG or WebP file is missing. */
function isCut(content: Buffer): boolean {
  if (isJpeg(content)) return !hasEndMarker(content);
  if (isPng(content)) return pngChunks(content).at(-1)?.type !== "IEND";
  return isWebp(content) && isCutWebp(content);
}

/** The file with an end; undefined where too much is missing. */
function withEnd(content: Buffer): Buffer | undefined {
  if (isPng(content)) return withPngEnd(content, pngChunks(content));
  if (isWebp(content)) return withWebpEnd(content);
  return hasAllScans(content) ? withEndMarker(content) : undefined;
}

/** Parts of the decoders, which begin their lines with their name. */
const PARTS = /^(\w*2vips|[vV]ips\w*|gifload_buffer|webp|heif(load)?|svgload|glib|source( input)?): /;
/** Lines that explain no failure. */
const REMARKS = /^$|^Warning treated as error|^read gave \d+ warnings|^Unknown error$|set_get_field_type of custom tag/;
/** What lines of the decoders mean. */
const MEANINGS: readonly (readonly [line: RegExp, meaning: string])[] = [
  [/^(libpng read error|unable to read pixels)$/, "the image data are damaged or truncated"],
  [/^bad seek to \d+$/, "the file is truncated"],
  [/^no known route from .*$/, "its channels are not those of gray, RGB or CMYK"],
  [/^XML parse error: (Error domain \d+ code \d+|warning code=\d+ \(\d+\))( on| in)? /, "XML parse error: "],
];
/** The most lines of a decoder that a message repeats. */
const MOST_LINES = 3;

/** What a decoder reported, in one line, without the names of its parts. */
export function reasonOf(error: unknown): string {
  const message = messageOf(error).replace(/^Input buffer (contains|has) /, "");
  const header = /^corrupt header:?\s*/.exec(message)?.[0] ?? "";
  const lines = message
    .slice(header.length)
    .split("\n")
    .map((line) => line.trim().replace(PARTS, ""))
    .map((line) => MEANINGS.reduce((text, [pattern, meaning]) => text.replace(pattern, meaning), line))
    .filter((line) => !REMARKS.test(line));
  const reasons = [...new Set(lines)];
  if (reasons.length === 0) return header === "" ? "the image data are damaged" : "its header is damaged";
  const shown = reasons.slice(0, MOST_LINES).join("; ");
  return `${header === "" ? "" : "corrupt header: "}${shown}${reasons.length > MOST_LINES ? "; …" : ""}`;
}
