import { type Dataset, openDataset } from "../data/dataset.js";
import { readItem } from "../data/item.js";
import { findTask } from "../data/tasks/index.js";
import { UserError } from "../errors.js";
import type { Skipped } from "../evaluation/evaluation.js";
import { orSkipped, spread } from "../evaluation/samples.js";
import { centerCrop } from "../images/crop.js";
import type { Image } from "../images/image.js";
import type { Card } from "../processors/card.js";
import { randomAt } from "../random.js";

/** How many images the ranges of feature maps are measured on: more change them little. */
const COUNT = 32;

/** The largest side of an input in pixels. */
const SIDE = 128;

/** Inputs of a processor, and the chosen images that could not be read. */
interface CalibrationImages {
  readonly images: readonly Image[];
  readonly skipped: readonly Skipped[];
  readonly dataset: Dataset;
}

/**
 * Inputs of a processor: centers of images, spread evenly over the data, degraded for the task of its card. Without a card they
 * are the images as they are. Images that cannot be read are skipped.
 * @throws UserError when no image is found or none can be used.
 */
export async function calibrationImages(folders: readonly string[], card: Card | null): Promise<CalibrationImages> {
  const dataset = await openDataset(folders, { needLabels: false, withLabels: false });
  const task = card ? findTask(card.task, card.options) : undefined;
  const scale = task?.scale ?? 1;
  const images: Image[] = [];
  const skipped: Skipped[] = [];
  for (const [i, item] of spread(dataset.items, COUNT).entries()) {
    const image = await orSkipped(item, () => readItem(item));
    if ("reason" in image) {
      skipped.push(image);
      continue;
    }
    const side = (length: number): number => Math.min(SIDE * scale, length - (length % scale));
    const [width, height] = [side(image.width), side(image.height)];
    if (width === 0 || height === 0) continue;
    const clean = centerCrop(image, width, height);
    images.push(task ? await task.degrade(clean, randomAt(0, i)) : clean);
  }
  if (images.length === 0)
    throw new UserError(
      `cannot calibrate with ${folders.join(", ")}: ${skipped[0]?.reason ?? `all images are smaller than ${scale} pixels`}`,
    );
  return { images, skipped, dataset };
}
