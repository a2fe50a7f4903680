import type { Size } from "../images/crop.js";
import type { Region } from "../images/resize.js";
import type { Box } from "./annotation.js";

/** What an image shows of the image that it was made from by crops, resizes and horizontal flips. */
export interface View extends Size {
  /** The rectangle that it shows, in pixels of the original image; fractions are allowed. */
  readonly region: Region;
  /** Whether left and right are exchanged. */
  readonly flipped: boolean;
}

/** The view of the whole image. */
export const wholeView = ({ width, height }: Size): View => ({
  width,
  height,
  region: { left: 0, top: 0, width, height },
  flipped: false,
});

/** A view after a resize to `width` x `height` pixels. */
export const resizedView = (view: View, width: number, height: number): View => ({ ...view, width, height });

/** A view after a horizontal flip. */
export const flippedView = (view: View): View => ({ ...view, flipped: !view.flipped });

/** A view after a crop of `width` x `height` pixels at (left, top). */
export function croppedView(view: View, { left, top, width, height }: Region): View {
  const { region, flipped } = view;
  const [x, y] = [region.width / view.width, region.height / view.height];
  const before = flipped ? view.width - left - width : left;
  return {
    width,
    height,
    flipped,
    region: { left: region.left + before * x, top: region.top + top * y, width: width * x, height: height * y },
  };
}

/** The same view of another size of the original image, in which its annotation is given. */
export function viewOfSize(view: View, from: Size, to: Size): View {
  const { left, top, width, height } = view.region;
  const [x, y] = [to.width / from.width, to.height / from.height];
  return { ...view, region: { left: left * x, top: top * y, width: width * x, height: height * y } };
}

/** The smallest visible share of the area of an object's box that counts as the object. */
export const MIN_VISIBLE = 0.25;

/** What becomes of objects that a view cuts off. */
export interface CutOptions {
  /** Smallest visible share of the area of a box, 0 to 1. Default: 0.25. */
  readonly minVisible?: number;
  /** Whether objects below it are left out, or become difficult, which metrics ignore. Default: drop. */
  readonly below?: "drop" | "difficult";
}

/**
 * The boxes of the original image in pixels of a view, clipped to it. A clipped object is truncated. A crowd stays as far as
 * it is visible.
 */
export function boxesInView(
  boxes: readonly Box[],
  view: View,
  { minVisible = MIN_VISIBLE, below = "drop" }: CutOptions = {},
): Box[] {
  return boxes.flatMap((box) => {
    const placed = placedBox(box, view);
    const clipped = clip(placed, view);
    const area = areaOf(clipped);
    if (clipped.right <= clipped.left || clipped.bottom <= clipped.top) return [];
    const share = area / areaOf(placed);
    const isCut = share < minVisible && !box.crowd;
    if (isCut && below === "drop") return [];
    return [
      {
        ...clipped,
        ...(box.area !== undefined && { area: ((box.area * areaOf(placed)) / areaOf(box)) * share }),
        ...(share < 1 && { truncated: true }),
        ...(isCut && { difficult: true }),
      },
    ];
  });
}

const areaOf = ({ left, top, right, bottom }: Box): number => (right - left) * (bottom - top);

/** A box in pixels of a view, not clipped. */
function placedBox(box: Box, { width, height, region, flipped }: View): Box {
  const [x, y] = [width / region.width, height / region.height];
  const [left, right] = [(box.left - region.left) * x, (box.right - region.left) * x];
  return {
    ...box,
    left: flipped ? width - right : left,
    right: flipped ? width - left : right,
    top: (box.top - region.top) * y,
    bottom: (box.bottom - region.top) * y,
  };
}

const clip = (box: Box, { width, height }: Size): Box => ({
  ...box,
  left: Math.max(0, box.left),
  top: Math.max(0, box.top),
  right: Math.min(width, box.right),
  bottom: Math.min(height, box.bottom),
});

/** The class of each pixel, row by row; 255 is ignored. */
export interface LabelMap extends Size {
  readonly data: Uint8Array;
}

/** The label map of the original image in pixels of a view: each pixel has the class at its center (nearest neighbor). */
export function labelMapInView(map: LabelMap, { width, height, region, flipped }: View): LabelMap {
  const data = new Uint8Array(width * height);
  const nearest = (start: number, size: number, i: number, count: number, limit: number) =>
    Math.min(limit - 1, Math.max(0, Math.floor(start + ((i + 0.5) * size) / count)));
  const columns = Array.from({ length: width }, (_, x) =>
    nearest(region.left, region.width, flipped ? width - 1 - x : x, width, map.width),
  );
  for (let y = 0; y < height; y++) {
    const row = nearest(region.top, region.height, y, height, map.height) * map.width;
    for (let x = 0; x < width; x++) data[y * width + x] = map.data[row + (columns[x] as number)] as number;
  }
  return { width, height, data };
}
