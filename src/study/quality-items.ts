import type { Image } from "../images/image.js";
import type { AddImage, StudyItems } from "./create.js";
import type { StudyItem } from "./definition.js";
import { decodeSet, findImageSets, type Skipped, type SystemFolder, sameImage } from "./image-sets.js";

/** The items of a study of quality, and the images that are not used. */
export interface QualityItems extends StudyItems {
  readonly skipped: readonly Skipped[];
  /** Number of images that are the same with two systems, and left out. */
  readonly identical: number;
}

/** The sides of an attention check. */
const CHECK = { intact: "intact", damaged: "damaged" } as const;

/** Squares across the longer side of a damaged image. */
const SQUARES = 8;

/**
 * The items of a study of quality: one per image that all systems have. Attention checks are further items: an image of the first
 * system beside a damaged copy, which consists of large squares.
 * @param checks number of attention checks.
 * @throws UserError when a folder cannot be read.
 */
export async function qualityItems(
  systems: readonly SystemFolder[],
  checks: number,
  addImage: AddImage,
): Promise<QualityItems> {
  const { sets, skipped: missing } = await findImageSets(systems);
  const skipped = [...missing];
  const [regular, checking]: [StudyItem[], StudyItem[]] = [[], []];
  let identical = 0;
  for (const [i, { name, paths }] of sets.entries()) {
    const images = await decodeSet(paths);
    if (typeof images === "string") {
      skipped.push({ file: name, reason: images });
      continue;
    }
    // Checks come from images all over the set.
    if (checking.length < checks && i >= (checking.length * sets.length) / checks)
      checking.push(...(await checkItem(name, images[0] as Image, addImage)));
    if (haveEqual(images)) {
      identical++;
      continue;
    }
    const names: Record<string, string> = {};
    for (const [j, image] of images.entries()) names[(systems[j] as SystemFolder).name] = await addImage(image);
    regular.push({ kind: "quality", id: name, images: names });
  }
  return { regular, checks: checking, skipped, identical };
}

/** Whether two of the images have the same pixels. */
export const haveEqual = (images: readonly Image[]): boolean =>
  images.some((image, i) => images.slice(0, i).some((other) => sameImage(image, other)));

/** An attention check from an image; none from an image that damage hardly changes. */
async function checkItem(name: string, image: Image, addImage: AddImage): Promise<StudyItem[]> {
  const damaged = inSquares(image);
  if (meanDifference(image, damaged) < MIN_DIFFERENCE) return [];
  const images = { [CHECK.intact]: await addImage(image), [CHECK.damaged]: await addImage(damaged) };
  return [{ kind: "quality", id: `check ${name}`, check: CHECK.intact, images }];
}

/** The least mean difference of a damaged image, in levels of 8 bits: below, the sides are not clearly different. */
const MIN_DIFFERENCE = 4;

function meanDifference(a: Image, b: Image): number {
  const sum = a.data.reduce((total, value, i) => total + Math.abs(value - (b.data[i] as number)), 0);
  return sum / a.data.length;
}

/** An image of large squares, each with the color of its center. */
function inSquares({ width, height, data }: Image): Image {
  const side = Math.max(2, Math.ceil(Math.max(width, height) / SQUARES));
  const center = (position: number, size: number) =>
    Math.min(size - 1, Math.floor(position / side) * side + (side >> 1));
  const result = new Uint8Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = (center(y, height) * width + center(x, width)) * 3;
      result.set(data.subarray(from, from + 3), (y * width + x) * 3);
    }
  return { width, height, data: result };
}
