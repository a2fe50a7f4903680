import type { FoundBox, TrueBox } from "./boxes.js";
import { areaOf, type ClassBoxes, overlap, ranked } from "./by-class.js";
import { positivesOf, type RankedMatches } from "./matches.js";

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

/** The detections of a class in one image, from the highest to the lowest score, beside its objects. */
interface ImageBoxes {
  readonly image: number;
  readonly objects: readonly TrueBox[];
  readonly detections: readonly FoundBox[];
  /** Overlap of each detection with each object: [detections, objects]. */
  readonly overlap: Float64Array;
}

/** The boxes of one class, by image and ranked, so that they can be compared at several overlaps and areas. */
export interface CocoClass {
  readonly class: number;
  readonly images: readonly ImageBoxes[];
  /** The positions of all detections, counted through the images, from the highest to the lowest score. */
  readonly order: Uint32Array;
}

/** Prepares the boxes of one class. Equal scores keep their order in an image, and the order of the images. */
export function cocoClass({ class: index, truth, found }: ClassBoxes): CocoClass {
  const detections = new Map<number, FoundBox[]>();
  for (const detection of found) {
    const others = detections.get(detection.image);
    if (others) others.push(detection);
    else detections.set(detection.image, [detection]);
  }
  const indices = [...new Set([...truth.keys(), ...detections.keys()])].sort((a, b) => a - b);
  const images = indices.map((image) => imageBoxes(image, truth.get(image) ?? [], detections.get(image) ?? []));
  const scores = images.flatMap((each) => each.detections.map(({ score }) => score));
  return { class: index, images, order: ranked(Float64Array.from(scores)) };
}

function imageBoxes(image: number, objects: readonly TrueBox[], unsorted: readonly FoundBox[]): ImageBoxes {
  const order = ranked(Float64Array.from(unsorted, ({ score }) => score)).subarray(0, MAX_DETECTIONS);
  const detections = Array.from(order, (position) => unsorted[position] as FoundBox);
  const values = detections.flatMap((detection) => objects.map((object) => cocoOverlap(detection, object)));
  return { image, objects, detections, overlap: Float64Array.from(values) };
}

/** Intersection over union; with a crowd, intersection over the area of the detection. */
function cocoOverlap(detection: FoundBox, object: TrueBox): number {
  const value = overlap(detection, object, 0);
  if (!object.crowd || value === 0) return value;
  const width = Math.min(detection.right, object.right) - Math.max(detection.left, object.left);
  const height = Math.min(detection.bottom, object.bottom) - Math.max(detection.top, object.top);
  return (width * height) / areaOf(detection, 0);
}

/** The outcome of each detection at one overlap, for objects of one area. */
export interface Outcomes {
  /** By position, counted through the images: 0 false positive, 1 true positive, 2 counts neither way. */
  readonly outcomes: Uint8Array;
  /** The rank of each detection in its image, from 0. */
  readonly ranks: Uint32Array;
  /** Number of objects to be found in each image. */
  readonly positives: ReadonlyMap<number, number>;
}

const isOutside = (area: number, [low, high]: readonly [number, number]): boolean => area < low || area > high;

/** The outcomes at each of the overlaps, for objects of one area. */
export function outcomesOf({ images, order }: CocoClass, area: Area, thresholds: readonly number[]): Outcomes[] {
  const outcomes = thresholds.map(() => new Uint8Array(order.length));
  const ranks = new Uint32Array(order.length);
  const positives = new Map<number, number>();
  let start = 0;
  for (const boxes of images) {
    const ignored = boxes.objects.map(
      (object) => object.crowd === true || isOutside(object.area ?? areaOf(object, 0), areas[area]),
    );
    const count = ignored.filter((ignore) => !ignore).length;
    if (count > 0) positives.set(boxes.image, count);
    const outside = boxes.detections.map((detection) => isOutside(areaOf(detection, 0), areas[area]));
    const sorted = ignored.map((_, i) => i).sort((a, b) => Number(ignored[a]) - Number(ignored[b]) || a - b);
    for (const [t, threshold] of thresholds.entries())
      matchImage(boxes, sorted, ignored, outside, threshold, (outcomes[t] as Uint8Array).subarray(start));
    for (let rank = 0; rank < boxes.detections.length; rank++) ranks[start + rank] = rank;
    start += boxes.detections.length;
  }
  return outcomes.map((each) => ({ outcomes: each, ranks, positives }));
}

/**
 * COCOeval.evaluateImg at one overlap: each detection gets the object that it overlaps most among those that are not
 * matched yet. Ignored objects come last and count only if no other one fits. A crowd can be matched repeatedly.
 */
function matchImage(
  { objects, detections, overlap: values }: ImageBoxes,
  sorted: readonly number[],
  ignored: readonly boolean[],
  outside: readonly boolean[],
  threshold: number,
  outcomes: Uint8Array,
): void {
  const matched = new Uint8Array(objects.length);
  for (let d = 0; d < detections.length; d++) {
    let [best, bestOverlap] = [-1, Math.min(threshold, 1 - 1e-10)];
    for (const g of sorted) {
      if (matched[g] === 1 && !objects[g]?.crowd) continue;
      if (best >= 0 && !ignored[best] && ignored[g]) break;
      const value = values[d * objects.length + g] as number;
      if (value < bestOverlap) continue;
      [best, bestOverlap] = [g, value];
    }
    if (best >= 0) matched[best] = 1;
    outcomes[d] = best < 0 ? (outside[d] ? IGNORED : FALSE) : ignored[best] ? IGNORED : TRUE;
  }
}

/** Outcomes as ranked matches. */
export function rankedMatches({ class: index, images, order }: CocoClass, outcome: Outcomes): RankedMatches {
  const imageOf = new Uint32Array(order.length);
  let start = 0;
  for (const { image, detections } of images) {
    imageOf.fill(image, start, start + detections.length);
    start += detections.length;
  }
  const counted = order.filter((position) => outcome.outcomes[position] !== IGNORED);
  return {
    class: index,
    images: counted.map((position) => imageOf[position] as number),
    correct: Uint8Array.from(counted, (position) => outcome.outcomes[position] as number),
    positives: outcome.positives,
  };
}

/** The share of the objects that the `max` highest-ranked detections of each image find. */
export function recallOf({ outcomes, ranks, positives }: Outcomes, max: number): number {
  let found = 0;
  for (let i = 0; i < outcomes.length; i++) found += Number(outcomes[i] === TRUE && (ranks[i] as number) < max);
  return found / positivesOf({ positives });
}
