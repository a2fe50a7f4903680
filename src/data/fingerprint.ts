import { createHash } from "node:crypto";
import { relative, resolve, sep } from "node:path";
import { classOf } from "./annotation.js";
import type { Dataset } from "./dataset.js";
import { type Item, titleOf } from "./item.js";

/** Which images a data set holds. */
export interface Fingerprint {
  readonly count: number;
  /** SHA-256 of the images' names and annotations, in order, hexadecimal. */
  readonly sha256: string;
}

/** The identity of a data set. Names are relative to the folders that were given, so that these may move. */
export function fingerprintOf({ folders, items }: Dataset): Fingerprint {
  const roots = folders.map((folder) => resolve(folder));
  const hash = createHash("sha256");
  for (const item of items) {
    const title = resolve(titleOf(item));
    const root = roots.find((each) => title.startsWith(each + sep));
    hash.update(
      `${root === undefined ? title : relative(root, title).replaceAll(sep, "/")}\t${annotationText(item)}\n`,
    );
  }
  return { count: items.length, sha256: hash.digest("hex") };
}

/** The class of an image, or its boxes. */
const annotationText = (item: Item): string =>
  item.annotation.kind === "boxes" ? JSON.stringify(item.annotation.boxes) : `${classOf(item)}`;
