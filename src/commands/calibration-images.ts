import { openDataset } from "../data/dataset.js";
import { readItem } from "../data/item.js";
import { findTask } from "../data/tasks/index.js";
import { centerCrop } from "../images/crop.js";
import type { Image } from "../images/image.js";
import type { Card } from "../processors/card.js";
import { randomAt } from "../random.js";

/** How many images the ranges of feature maps are measured on: more change them little. */
const COUNT = 32;

/** The largest side of an input in pixels. */
const SIDE = 128;

/**
 * Inputs of a processor: centers of images, spread evenly over the data, degraded for the task of its card. Without a card they
 * are the images as they are.
 * @throws UserError when no image is found or one cannot be read.
 */
export async function calibrationImages(folders: readonly string[], card: Card | null): Promise<Image[]> {
  const { items } = await openDataset(folders, { needLabels: false, withLabels: false });
  const task = card ? findTask(card.task, card.options) : undefined;
  const scale = task?.scale ?? 1;
  const count = Math.min(COUNT, items.length);
  const images: Image[] = [];
  for (let i = 0; i < count; i++) {
    const image = await readItem(items[Math.floor((i * items.length) / count)] as (typeof items)[number]);
    const side = (length: number): number => Math.min(SIDE * scale, length - (length % scale));
    const [width, height] = [side(image.width), side(image.height)];
    if (width === 0 || height === 0) continue;
    const clean = centerCrop(image, width, height);
    images.push(task ? await task.degrade(clean, randomAt(0, i)) : clean);
  }
  return images;
}
