import { setImmediate } from "node:timers/promises";
import { classOf } from "../data/annotation.js";
import type { Dataset } from "../data/dataset.js";
import { type Item, readItem, titleOf } from "../data/item.js";
import { evaluationCrop } from "../data/samples.js";
import { messageOf, UserError } from "../errors.js";
import { spread } from "../evaluation/samples.js";
import type { Image } from "../images/image.js";
import { toPlanar } from "../images/planar.js";
import { resize } from "../images/resize.js";

/** A labeled image of an analysis: the center crop of evaluation, resized to the side that all recognizers share. */
export interface AnalyzedImage {
  readonly item: Item;
  readonly file: string;
  readonly label: number;
  /** `side` x `side` pixels. */
  readonly image: Image;
}

/** An image that could not be read. */
export interface Unread {
  readonly file: string;
  readonly reason: string;
}

/**
 * Reads labeled images, spread evenly over a data set.
 * @throws UserError when none can be read.
 */
export async function readImages(
  dataset: Dataset,
  count: number,
  side: number,
  signal?: AbortSignal,
): Promise<{ readonly images: AnalyzedImage[]; readonly skipped: Unread[] }> {
  const images: AnalyzedImage[] = [];
  const skipped: Unread[] = [];
  for (const item of spread(dataset.items, count)) {
    await setImmediate(); // lets an interruption arrive
    signal?.throwIfAborted();
    const file = titleOf(item);
    try {
      const image = resize(evaluationCrop(await readItem(item)), side, side, "bilinear");
      images.push({ item, file, label: classOf(item) as number, image });
    } catch (error) {
      skipped.push({ file, reason: messageOf(error) });
    }
  }
  if (images.length === 0) throw new UserError(`none of the images can be read (${skipped[0]?.reason})`);
  return { images, skipped };
}

/** An image as planar floats [3, height, width], RGB in [0, 1]. */
export function planarOf(image: Image): Float32Array {
  const planes = new Float32Array(image.data.length);
  toPlanar(image, planes, 0);
  return planes;
}

/** For each image the index of the nearest one (L2) with another label; null if all have the same label. */
export function nearestOfOtherClass(images: readonly Pick<AnalyzedImage, "image" | "label">[]): (number | null)[] {
  return images.map(({ image, label }) => {
    let [nearest, least]: [number | null, number] = [null, Number.POSITIVE_INFINITY];
    for (const [k, other] of images.entries()) {
      if (other.label === label) continue;
      const square = squareBelow(image.data, other.image.data, least);
      if (square < least) [nearest, least] = [k, square];
    }
    return nearest;
  });
}

/** Values between two comparisons with the limit. */
const BLOCK = 4096;

/** The squared distance of two images, or a number of at least `limit`. */
function squareBelow(a: Uint8Array, b: Uint8Array, limit: number): number {
  let sum = 0;
  for (let start = 0; start < a.length && sum < limit; start += BLOCK)
    for (let i = start; i < Math.min(start + BLOCK, a.length); i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum;
}
