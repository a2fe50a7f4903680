import type { Image } from "../images/image.js";
import type { Dataset } from "./dataset.js";
import { readItem } from "./item.js";

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
  const labelled: LabelledImage[] = [];
  for (let start = 0; start < items.length; start += TOGETHER) {
    const read = items
      .slice(start, start + TOGETHER)
      .map(async (item) => ({ image: await readItem(item), label: item.label }));
    labelled.push(...(await Promise.all(read)).filter((each): each is LabelledImage => each.label !== null));
  }
  return labelled;
}
