import type { DetectionProblem, TrueBox } from "./boxes.js";
import { byClass, type ClassBoxes, overlap, ranked } from "./by-class.js";
import { areaUnder, atRecalls, curveOf, meanOver, positivesOf, type RankedMatches } from "./matches.js";

/** How detections are compared with objects. */
export interface VocOptions {
  /** Smallest intersection over union of a true positive, 0 to 1. Default: 0.5. */
  readonly iou?: number;
  /**
   * Whether right and bottom are the last pixels of a box, as in the devkit's files, so that 1 is added to widths and
   * heights. Default: false, they are excluded.
   */
  readonly inclusive?: boolean;
}

/** Average precision of one class. */
export interface VocClass {
  /** VOC 2007: the mean over the recalls 0, 0.1, …, 1; null if the class has no positives. */
  readonly ap11: number | null;
  /** VOC 2010 and later: the area under the curve; null if the class has no positives. */
  readonly ap: number | null;
  /** Number of objects that are neither difficult nor crowds. */
  readonly positives: number;
}

/** Average precision by the rules of PASCAL VOC, 0 to 1. */
export interface VocFigures {
  /** By class index; absent if the class has neither objects nor detections. */
  readonly classes: ReadonlyMap<number, VocClass>;
  /** Means over the classes with positives; null if there are none. */
  readonly map11: number | null;
  readonly map: number | null;
}

/** VOC 2007, eleven points: the recalls 0, 0.1, …, 1 as 0:0.1:1 and numpy.arange(0, 1.1, 0.1) compute them, 3 · 0.1 > 0.3. */
export const elevenPoints = atRecalls(Array.from({ length: 11 }, (_, i) => i * 0.1));

/**
 * Average precision as in VOCevaldet.m of the PASCAL VOC development kit (Everingham et al., The Pascal Visual Object
 * Classes Challenge, IJCV 2010, sec. 4.2). Detections are ranked by score over all images; equal scores keep the order of
 * the list. A detection is compared with the object of its class and image that it overlaps most. If the overlap is
 * smaller than `iou`, or an earlier detection matched the object, it is a false positive. If the object is difficult or a
 * crowd, it counts neither way.
 */
export function vocAveragePrecision(problem: DetectionProblem, options: VocOptions = {}): VocFigures {
  const classes = new Map<number, VocClass>();
  for (const matches of vocMatches(problem, options)) {
    const positives = positivesOf(matches);
    const curve = positives > 0 ? curveOf(matches.hits, positives) : undefined;
    classes.set(matches.class, {
      ap11: curve ? elevenPoints(curve) : null,
      ap: curve ? areaUnder(curve) : null,
      positives,
    });
  }
  const figures = [...classes.values()];
  return { classes, map11: meanOver(figures.map(({ ap11 }) => ap11)), map: meanOver(figures.map(({ ap }) => ap)) };
}

/** The true and false positives of each class, by the rules of `vocAveragePrecision`. */
export const vocMatches = (problem: DetectionProblem, options: VocOptions = {}): RankedMatches[] =>
  byClass(problem).map((boxes) => matchesOf(boxes, options));

const none: readonly TrueBox[] = [];

const isIgnored = ({ difficult, crowd }: TrueBox): boolean => difficult === true || crowd === true;

function matchesOf({ class: index, truth, found }: ClassBoxes, { iou = 0.5, inclusive = false }: VocOptions) {
  const positives = new Map<number, number>();
  for (const [image, objects] of truth) {
    const count = objects.filter((object) => !isIgnored(object)).length;
    if (count > 0) positives.set(image, count);
  }
  const images = new Uint32Array(found.length);
  const hits: number[] = [];
  const matched = new Set<TrueBox>();
  let counted = 0;
  for (const position of ranked(found)) {
    const detection = found[position] as ClassBoxes["found"][number];
    let best: TrueBox | undefined;
    let bestOverlap = 0;
    for (const object of truth.get(detection.image) ?? none) {
      const value = overlap(detection, object, inclusive ? 1 : 0);
      if (value <= bestOverlap) continue;
      best = object;
      bestOverlap = value;
    }
    const match = best !== undefined && bestOverlap >= iou ? best : undefined;
    if (match && isIgnored(match)) continue;
    if (match && !matched.has(match)) hits.push(counted);
    if (match) matched.add(match);
    images[counted++] = detection.image;
  }
  return { class: index, images: images.subarray(0, counted), hits: Uint32Array.from(hits), positives };
}
