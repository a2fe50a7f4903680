import type { Dataset } from "../data/dataset.js";
import { readItem, titleOf } from "../data/item.js";
import { openDetector } from "../detection/detector.js";
import { messageOf, UserError } from "../errors.js";
import type { FoundBox, TrueBox } from "../metrics/detection/boxes.js";
import { mapWithInterval } from "../metrics/detection/intervals.js";
import { printable } from "../printable.js";
import type { SessionOptions } from "../runtime/session.js";

/** The mean average precision of a detector on images that it was not trained on. */
export interface HeldOutPrecision {
  /** Mean AP at IoU 0.5 of COCO, 0 to 1. */
  readonly ap50: number;
  /** Its 95 % interval, of the bootstrap over images. */
  readonly interval: readonly [low: number, high: number];
  /** Number of judged images, without those that cannot be read. */
  readonly count: number;
}

/** The precision, and the images that cannot be read, with the reason. */
export interface HeldOutDetections {
  readonly precision: HeldOutPrecision;
  readonly broken: ReadonlyMap<string, string>;
}

/**
 * Judges a detector's file on whole images.
 * @throws UserError when no image can be read.
 */
export async function heldOutPrecision(
  path: string,
  { items, classes, folders }: Dataset,
  options: SessionOptions = {},
): Promise<HeldOutDetections> {
  const detector = await openDetector(path, {}, options, classes);
  const truth: (TrueBox & { image: number })[] = [];
  const found: (FoundBox & { image: number })[] = [];
  const broken = new Map<string, string>();
  let count = 0;
  try {
    for (const item of items) {
      const image = await readItem(item).catch((error: unknown) => {
        broken.set(titleOf(item), printable(messageOf(error)));
      });
      if (!image) continue;
      const [prediction] = await detector.predict([image]);
      const boxes = item.annotation.kind === "boxes" ? item.annotation.boxes : [];
      for (const box of boxes) truth.push({ ...box, image: count });
      for (const box of prediction?.boxes ?? []) found.push({ ...box, image: count });
      count++;
    }
  } finally {
    await detector.release();
  }
  if (count === 0) throw new UserError(`none of the ${items.length} images in ${folders.join(", ")} can be judged`);
  const { value, low, high } = mapWithInterval({ images: count, truth, found }, { figure: "AP50" });
  return { precision: { ap50: value, interval: [low, high], count }, broken };
}
