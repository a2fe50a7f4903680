import type { FoundBox, TrueBox } from "./boxes.js";
import { areaOf, type ClassBoxes, overlap, ranked } from "./by-class.js";
import type { RankedMatches } from "./matches.js";

/** Detections of a class and image that count: those with the highest scores. */
export const MAX_DETECTIONS = 100;

/** The overlaps 0.5, 0.55, …, 0.95, as numpy.linspace(0.5, 0.95, 10) computes them. */
export const overlaps: readonly number[] = Array.from({ length: 10 }, (_, i) => 0.5 + i * ((0.95 - 0.5) / 9));

/** Areas of objects in pixels, both ends included. */
export const areas = {
  all: [0, 1e10],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e10],
} as const;
export type Area = keyof typeof areas;

const [FALSE, TRUE, IGNORED] = [0, 1, 2];

/** The objects of a class in one image, and the detections there that overlap one of them enough for a match. */
interface ImageBoxes {
  readonly image: number;
  readonly objects: readonly TrueBox[];
  /** Positions of the detections among those of the class, from the highest to the lowest score. */
  readonly positions: readonly number[];
  /** Overlap of each of these detections with each object: [detections, objects]. */
  readonly overlap: readonly number[];
}

/** The boxes of one class, prepared to be compared at several overlaps and areas. */
export interface CocoClass {
  readonly class: number;
  /** The images with objects. */
  readonly images: readonly ImageBoxes[];
  /** The image of each detection, from the highest to the lowest score. */
  readonly imageOf: Uint32Array;
  /** The rank of each detection in its image, from 0. */
  readonly ranks: Uint32Array;
  /** The area of each detection in pixels. */
  readonly areas: Float64Array;
}

/**
 * Prepares the boxes of one class. Equal scores keep the order of their images, then of the list.
 * @param lowest the lowest overlap that a match can have.
 */
export function cocoClass({ class: index, truth, found: given }: ClassBoxes, lowest: number): CocoClass {
  const found = isInImageOrder(given) ? given : given.toSorted((a, b) => a.image - b.image);
  const order = ranked(found);
  const kept: FoundBox[] = [];
  const [imageOf, ranks] = [new Uint32Array(found.length), new Uint32Array(found.length)];
  const areaOfEach = new Float64Array(found.length);
  const counts = new Uint32Array((found.at(-1)?.image ?? 0) + 1);
  const positions = new Map([...truth.keys()].map((image) => [image, [] as number[]]));
  for (let i = 0; i < order.length; i++) {
    const detection = found[order[i] as number] as ClassBoxes["found"][number];
    const rank = counts[detection.image] as number;
    counts[detection.image] = rank + 1;
    if (rank >= MAX_DETECTIONS) continue;
    imageOf[kept.length] = detection.image;
    ranks[kept.length] = rank;
    areaOfEach[kept.length] = areaOf(detection, 0);
    positions.get(detection.image)?.push(kept.length);
    kept.push(detection);
  }
  return {
    class: index,
    images: [...truth].map(([image, objects]) => imageBoxes(image, objects, positions.get(image) ?? [], kept, lowest)),
    imageOf: imageOf.subarray(0, kept.length),
    ranks: ranks.subarray(0, kept.length),
    areas: areaOfEach.subarray(0, kept.length),
  };
}

const isInImageOrder = (found: ClassBoxes["found"]): boolean =>
  found.every(({ image }, i) => i === 0 || image >= (found[i - 1]?.image as number));

function imageBoxes(
  image: number,
  objects: readonly TrueBox[],
  all: readonly number[],
  found: readonly FoundBox[],
  lowest: number,
): ImageBoxes {
  const [positions, values]: [number[], number[]] = [[], []];
  for (const position of all) {
    let highest = 0;
    for (const object of objects) {
      const value = cocoOverlap(found[position] as FoundBox, object);
      highest = Math.max(highest, value);
      values.push(value);
    }
    if (highest >= lowest) positions.push(position);
    else values.length -= objects.length;
  }
  return { image, objects, positions, overlap: values };
}

/** Intersection over union; with a crowd, intersection over the area of the detection. */
function cocoOverlap(detection: FoundBox, object: TrueBox): number {
  const value = overlap(detection, object, 0);
  if (!object.crowd || value === 0) return value;
  const width = Math.min(detection.right, object.right) - Math.max(detection.left, object.left);
  const height = Math.min(detection.bottom, object.bottom) - Math.max(detection.top, object.top);
  return (width * height) / areaOf(detection, 0);
}

/** The outcomes of the detections of one class at one overlap, for objects of one area. */
export interface Outcomes {
  /** From the highest to the lowest score: 0 false positive, 1 true positive, 2 counts neither way. */
  readonly outcomes: Uint8Array;
  /** Number of objects to be found in each image; images without any are left out. */
  readonly positives: ReadonlyMap<number, number>;
}

const isOutside = (area: number, [low, high]: readonly [number, number]): boolean => area < low || area > high;

/** The outcomes at each of the overlaps, for objects of one area. */
export function outcomesOf(boxes: CocoClass, area: Area, thresholds: readonly number[]): Outcomes[] {
  const unmatched = new Uint8Array(boxes.areas.length);
  for (let i = 0; i < unmatched.length; i++)
    unmatched[i] = isOutside(boxes.areas[i] as number, areas[area]) ? IGNORED : FALSE;
  const outcomes = thresholds.map(() => unmatched.slice());
  const positives = new Map<number, number>();
  for (const image of boxes.images) {
    const ignored = image.objects.map(
      (object) => object.crowd === true || isOutside(object.area ?? areaOf(object, 0), areas[area]),
    );
    const count = ignored.filter((ignore) => !ignore).length;
    if (count > 0) positives.set(image.image, count);
    if (image.positions.length === 0) continue;
    const sorted = ignored.map((_, i) => i).sort((a, b) => Number(ignored[a]) - Number(ignored[b]) || a - b);
    for (let t = 0; t < thresholds.length; t++)
      matchImage(image, sorted, ignored, thresholds[t] as number, outcomes[t] as Uint8Array);
  }
  return outcomes.map((each) => ({ outcomes: each, positives }));
}

/**
 * COCOeval.evaluateImg at one overlap: each detection gets the object that it overlaps most among those that are not
 * matched yet. Ignored objects come last and count only if no other one fits. A crowd can be matched repeatedly.
 */
function matchImage(
  { objects, positions, overlap: values }: ImageBoxes,
  sorted: readonly number[],
  ignored: readonly boolean[],
  threshold: number,
  outcomes: Uint8Array,
): void {
  const matched = new Uint8Array(objects.length);
  for (let d = 0; d < positions.length; d++) {
    let best = -1;
    let bestOverlap = Math.min(threshold, 1 - 1e-10);
    for (const g of sorted) {
      if (matched[g] === 1 && !objects[g]?.crowd) continue;
      if (best >= 0 && !ignored[best] && ignored[g]) break;
      const value = values[d * objects.length + g] as number;
      if (value < bestOverlap) continue;
      best = g;
      bestOverlap = value;
    }
    if (best < 0) continue;
    matched[best] = 1;
    outcomes[positions[d] as number] = ignored[best] ? IGNORED : TRUE;
  }
}

/** The true positives among the detections that count. */
export interface Hits {
  /** Their positions among the detections that count, in ascending order. */
  readonly positions: readonly number[];
  /** Their ranks in their images, from 0. */
  readonly ranks: readonly number[];
  /** Number of detections that count. */
  readonly counted: number;
}

/** The true positives of one class at one overlap. */
export function hitsOf({ ranks }: CocoClass, { outcomes }: Outcomes): Hits {
  const hits: { positions: number[]; ranks: number[] } = { positions: [], ranks: [] };
  let counted = 0;
  for (let i = 0; i < outcomes.length; i++) {
    const outcome = outcomes[i] as number;
    if (outcome === IGNORED) continue;
    if (outcome === TRUE) {
      hits.positions.push(counted);
      hits.ranks.push(ranks[i] as number);
    }
    counted++;
  }
  return { ...hits, counted };
}

/** Outcomes as ranked matches. Outcomes of a class without ignored detections share `images`. */
export function rankedMatches(boxes: CocoClass, outcome: Outcomes): RankedMatches {
  const { positions, counted } = hitsOf(boxes, outcome);
  const { class: index, imageOf } = boxes;
  const images = counted === imageOf.length ? imageOf : imageOf.filter((_, i) => outcome.outcomes[i] !== IGNORED);
  return { class: index, images, hits: Uint32Array.from(positions), positives: outcome.positives };
}
