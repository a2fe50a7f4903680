import { UserError } from "../../errors.js";
import { flawOf, isCorrupt } from "./decoder-errors.js";
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
    return isTiff(content) && !isCorrupt(warning) ? { value } : { value, flaw: flawOf(warning) };
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
