import { basename, extname } from "node:path";
import type { FoundBox } from "../metrics/detection/boxes.js";

/** A detection in the format of pycocotools' `loadRes`. */
export interface CocoResult {
  readonly image_id: number | string;
  readonly category_id: number;
  /** x and y of the upper left corner, width and height in pixels. */
  readonly bbox: readonly [x: number, y: number, width: number, height: number];
  readonly score: number;
}

/** The id of an image in results: its file's name without the extension; a number if it consists of digits, as in COCO. */
export function imageIdOf(file: string): number | string {
  const stem = basename(file, extname(file));
  return /^\d{1,15}$/.test(stem) ? Number(stem) : stem;
}

/** The boxes of an image in the format of results. @param categoryOf the category id of a class: see `categoryIds`. */
export const cocoResults = (
  file: string,
  boxes: readonly FoundBox[],
  categoryOf: (index: number) => number,
): CocoResult[] =>
  boxes.map(({ class: index, score, left, top, right, bottom }) => ({
    image_id: imageIdOf(file),
    category_id: categoryOf(index),
    bbox: [left, top, right - left, bottom - top],
    score,
  }));
