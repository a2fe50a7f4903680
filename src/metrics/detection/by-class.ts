import type { DetectionProblem, FoundBox, Rectangle, TrueBox } from "./boxes.js";

/** The objects and the detections of one class, by image. */
export interface ClassBoxes {
  /** Index of the class. */
  readonly class: number;
  /** The objects of each image that has some, in their given order. */
  readonly truth: ReadonlyMap<number, readonly TrueBox[]>;
  /** The detections in their given order; `image` is the index of the image. */
  readonly found: readonly (FoundBox & { readonly image: number })[];
}

/** Groups objects and detections by class, in the order of the class indices. Classes without either are left out. */
export function byClass({ truth, found }: DetectionProblem): ClassBoxes[] {
  const classes = new Map<number, { truth: Map<number, TrueBox[]>; found: (FoundBox & { image: number })[] }>();
  const groupOf = (index: number) => {
    const known = classes.get(index);
    if (known) return known;
    const group = { truth: new Map<number, TrueBox[]>(), found: [] };
    classes.set(index, group);
    return group;
  };
  for (const object of truth) {
    const images = groupOf(object.class).truth;
    const objects = images.get(object.image);
    if (objects) objects.push(object);
    else images.set(object.image, [object]);
  }
  for (const detection of found) groupOf(detection.class).found.push(detection);
  return [...classes].sort(([a], [b]) => a - b).map(([index, group]) => ({ class: index, ...group }));
}

/**
 * The indices of detections from the highest to the lowest score; equal scores keep the order of the list. Sorts numbers
 * without a comparison function, which is faster, then finds the place of each detection among them.
 */
export function ranked(found: readonly { readonly score: number }[]): Uint32Array {
  const keys = new Float64Array(found.length);
  for (let i = 0; i < keys.length; i++) keys[i] = -(found[i] as FoundBox).score;
  const sorted = keys.slice().sort();
  const order = new Uint32Array(keys.length);
  const placed = new Uint32Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const first = firstOf(sorted, keys[i] as number);
    order[first + (placed[first] as number)] = i;
    (placed[first] as number)++;
  }
  return order;
}

/** The first position of a value in sorted values that contain it. */
function firstOf(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Intersection over union of two rectangles, 0 to 1. `border` is 1 if the right and bottom coordinates are the last pixels
 * of the box, so that its width is right - left + 1, and 0 if they are its edges.
 */
export function overlap(a: Rectangle, b: Rectangle, border: 0 | 1): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left) + border;
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) + border;
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  return intersection / (areaOf(a, border) + areaOf(b, border) - intersection);
}

/** The area of a rectangle, with the widths and heights of `overlap`. */
export const areaOf = ({ left, top, right, bottom, boxArea }: Rectangle, border: 0 | 1): number =>
  border === 0 && boxArea !== undefined ? boxArea : (right - left + border) * (bottom - top + border);
