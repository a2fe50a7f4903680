import type { Metadata } from "sharp";
import { UserError } from "../../errors.js";
import { isPng, pngChunks, pngFrames } from "./png.js";
import { TAG, type TiffDirectory, tiffDirectories } from "./tiff.js";

/** A page of a TIFF file. */
export interface TiffPage {
  readonly index: number;
  readonly directory: TiffDirectory;
}

const IMAGE_WIDTH = 256;
const SUB_DIRECTORIES = 330;

/**
 * The only page of a TIFF file that is an image of its own: not a reduced version of another, not a mask. Undefined where the
 * file has no readable page.
 * @throws UserError when there are several, or only reduced versions of an image that libvips does not open.
 */
export function onlyTiffPage(content: Buffer): TiffPage | undefined {
  const pages = tiffDirectories(content)
    .map((directory, index) => ({ index, directory }))
    .filter(({ directory }) => directory.number(IMAGE_WIDTH) !== undefined);
  const full = pages.filter(({ directory }) => !isSecondary(directory));
  if (full.length > 1) throw new UserError(`it has ${full.length} pages; expected a single image`);
  if (full.length === 0 && pages.some(({ directory }) => directory.number(SUB_DIRECTORIES) !== undefined))
    throw new UserError("its first page is a preview of an image that cannot be read");
  const only = full[0] ?? pages[0];
  if (only) requireSingleLayer(only.directory);
  return only;
}

/** How ImageJ describes a stack that it writes behind a single page. */
const STACK = /^ImageJ=.*^images=(\d+)/ms;

/** @throws UserError when a page stands for several images: a volume, or a stack of ImageJ. */
function requireSingleLayer(page: TiffDirectory): void {
  const layers = Math.max(page.number(TAG.imageDepth) ?? 1, Number(page.text(TAG.description).match(STACK)?.[1] ?? 1));
  if (layers > 1) throw new UserError(`it has ${layers} layers; expected a single image`);
}

/** Bits of NewSubfileType: a reduced version of another page, a transparency mask. */
const [REDUCED, MASK] = [1, 4];
/** The value of the older SubfileType for a reduced version. */
const OLD_REDUCED = 2;

const isSecondary = (page: TiffDirectory): boolean =>
  ((page.number(TAG.newSubfileType) ?? 0) & (REDUCED | MASK)) !== 0 || page.number(TAG.subfileType) === OLD_REDUCED;

/** Major brands of HEIF files that are sequences of images: HEVC, AVIF. */
const SEQUENCES = ["hevc", "hevx", "msf1", "avis"];

/** @throws UserError when a file is a HEIF or AVIF sequence. */
export function requireNoSequence(content: Buffer): void {
  if (content.toString("latin1", 4, 8) === "ftyp" && SEQUENCES.includes(content.toString("latin1", 8, 12)))
    throw new UserError("it is a sequence of images; expected a single image");
}

/**
 * Checks that a file other than TIFF holds a single image.
 * @throws UserError when it is an animation or a collection.
 */
export function requireSingleFrame(content: Buffer, { format, pages = 1 }: Metadata): void {
  const frames = isPng(content) ? pngFrames(content, pngChunks(content)) : format === "tiff" ? 1 : pages;
  if (frames > 1)
    throw new UserError(
      format === "heif" ? `it has ${frames} images; expected a single image` : `it is an animation of ${frames} images`,
    );
}
