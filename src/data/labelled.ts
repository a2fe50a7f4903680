import type { Image } from "../images/image.js";
import type { Dataset } from "./dataset.js";
import { type Item, readItem } from "./item.js";

export interface LabelledImage {
  readonly image: Image;
  /** The class, 0 or more. */
  readonly label: number;
}

/** Pictures decoded at once. */
const TOGETHER = 64;

/**
 * Every picture of a data set that has a class, decoded and held in memory: for small sets.
 * @throws UserError when a picture cannot be read.
 */
export async function readLabelled({ items }: Dataset): Promise<LabelledImage[]> {
  const classed = items.filter((item): item is Item & { label: number } => item.label !== null);
  const labelled: LabelledImage[] = [];
  for (let start = 0; start < classed.length; start += TOGETHER) {
    const read = classed.slice(start, start + TOGETHER);
    labelled.push(
      ...(await Promise.all(read.map(async (item) => ({ image: await readItem(item), label: item.label })))),
    );
  }
  return labelled;
}
