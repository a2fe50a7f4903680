import { relative, sep } from "node:path";
import { classOf } from "../data/annotation.js";
import { openDataset } from "../data/dataset.js";
import { type Item, readItem, titleOf } from "../data/item.js";
import { messageOf } from "../errors.js";
import type { Image } from "../images/image.js";
import { firstLemmaOf } from "../recognition/synonyms.js";
import { stem } from "./image-sets.js";

/** An original image. */
export interface Original {
  /** The file's path relative to its folder, without the extension. */
  readonly name: string;
  readonly item: Item;
  /** The class, if it is known; `className` is the name as the data have it. */
  readonly truth?: { readonly class_index: number; readonly name: string };
  readonly className?: string;
}

/** The originals of a study. */
export interface Originals {
  /** By name: see `Original`. */
  readonly byName: ReadonlyMap<string, Original>;
  /** The names of all classes, if the data define them. */
  readonly classes: readonly string[];
}

/**
 * Finds the original images of a folder or a data set in a known layout, with their classes where they have some.
 * @param needLabels whether each must have a class.
 * @throws UserError when the folder has no image, its classes are not valid, or one is missing.
 */
export async function openOriginals(folder: string, needLabels: boolean): Promise<Originals> {
  const { items, classes = [] } = await openDataset([folder], { needLabels, usualPart: "test" });
  const originals = items.map((item): Original => {
    const name = stem(relative(folder, titleOf(item)).replaceAll(sep, "/"));
    const index = classOf(item);
    const className = index === null ? undefined : classes[index];
    if (index === null || className === undefined) return { name, item };
    return { name, item, className, truth: { class_index: index, name: firstLemmaOf(className).slice(0, 100) } };
  });
  return { byName: new Map(originals.map((original) => [original.name, original])), classes };
}

/** Decodes an original. @returns why it cannot be used, if so. */
export const decodeOriginal = ({ item }: Original): Promise<Image | string> =>
  readItem(item).catch((error: unknown) => messageOf(error));
