import type { DetectionProblem } from "./boxes.js";
import { byClass } from "./by-class.js";
import {
  type Area,
  type CocoClass,
  cocoClass,
  hitsOf,
  MAX_DETECTIONS,
  type Outcomes,
  outcomesOf,
  overlaps,
  rankedMatches,
} from "./coco-matches.js";
import { atRecalls, curveOf, meanOver, positivesOf, type RankedMatches } from "./matches.js";

/** Average precision of one class, 0 to 1; -1 if the class has no objects that count. */
export interface CocoPrecision {
  /** Mean over the overlaps 0.5, 0.55, …, 0.95. */
  readonly AP: number;
  /** At an overlap of 0.5. */
  readonly AP50: number;
  /** At an overlap of 0.75. */
  readonly AP75: number;
}

/** The twelve figures of COCO, 0 to 1, means over the classes; -1 if there are no objects that count. */
export interface CocoFigures extends CocoPrecision {
  /** For objects of at most 32², of 32² to 96², and of at least 96² pixels. */
  readonly APsmall: number;
  readonly APmedium: number;
  readonly APlarge: number;
  /** Recall with at most 1, 10 and 100 detections of a class in an image, mean over the overlaps. */
  readonly AR1: number;
  readonly AR10: number;
  readonly AR100: number;
  /** Recall by the area of objects, with at most 100 detections. */
  readonly ARsmall: number;
  readonly ARmedium: number;
  readonly ARlarge: number;
  /** By class index; absent if the class has neither objects nor detections. */
  readonly classes: ReadonlyMap<number, CocoPrecision>;
}

/** The recalls 0, 0.01, …, 1, as numpy.linspace(0, 1, 101) computes them. */
export const hundredAndOnePoints = atRecalls(Array.from({ length: 101 }, (_, i) => (i === 100 ? 1 : i * 0.01)));

/** Figures of one class for objects of one area; empty if it has none. */
interface ClassFigures {
  /** By overlap. */
  readonly precision: readonly number[];
  /** By number of detections; each is a list by overlap. */
  readonly recall: readonly (readonly number[])[];
}

const maxima = [1, 10, MAX_DETECTIONS] as const;

/**
 * The figures of pycocotools' COCOeval for boxes (Lin et al., Microsoft COCO, ECCV 2014; cocoeval.py 2.0). Crowds are
 * ignored regions; `difficult` has no effect. Equal scores keep the order of the images, then of the list.
 */
export function cocoAveragePrecision(problem: DetectionProblem): CocoFigures {
  const boxes = byClass(problem).map((each) => cocoClass(each, Math.min(...overlaps)));
  const by = (area: Area) => boxes.map((each) => figuresOf(outcomesOf(each, area, overlaps), each));
  const [all, small, medium, large] = [by("all"), by("small"), by("medium"), by("large")];
  return {
    ...precisionOf(all),
    APsmall: meanPrecision(small),
    APmedium: meanPrecision(medium),
    APlarge: meanPrecision(large),
    AR1: meanRecall(all, 0),
    AR10: meanRecall(all, 1),
    AR100: meanRecall(all, 2),
    ARsmall: meanRecall(small, 2),
    ARmedium: meanRecall(medium, 2),
    ARlarge: meanRecall(large, 2),
    classes: new Map(boxes.map((each, i) => [each.class, precisionOf(all.slice(i, i + 1))])),
  };
}

function figuresOf(outcomes: readonly Outcomes[], boxes: CocoClass): ClassFigures {
  const positives = outcomes[0] ? positivesOf(outcomes[0]) : 0;
  if (positives === 0) return { precision: [], recall: [] };
  const hits = outcomes.map((outcome) => hitsOf(boxes, outcome));
  return {
    precision: hits.map(({ positions }) => hundredAndOnePoints(curveOf(positions, positives))),
    recall: maxima.map((max) => hits.map(({ ranks }) => ranks.filter((rank) => rank < max).length / positives)),
  };
}

const meanPrecision = (figures: readonly ClassFigures[]): number =>
  meanOver(figures.flatMap(({ precision }) => precision)) ?? -1;

const precisionAt = (figures: readonly ClassFigures[], threshold: number): number =>
  meanOver(figures.map(({ precision }) => precision[overlaps.indexOf(threshold)] ?? null)) ?? -1;

const meanRecall = (figures: readonly ClassFigures[], max: number): number =>
  meanOver(figures.flatMap(({ recall }) => recall[max] ?? [])) ?? -1;

const precisionOf = (figures: readonly ClassFigures[]): CocoPrecision => ({
  AP: meanPrecision(figures),
  AP50: precisionAt(figures, 0.5),
  AP75: precisionAt(figures, 0.75),
});

/** The true and false positives of each class at each of the overlaps, by the rules of `cocoAveragePrecision`. */
export function cocoMatches(problem: DetectionProblem, thresholds: readonly number[]): RankedMatches[][] {
  const boxes = byClass(problem).map((each) => cocoClass(each, Math.min(...thresholds)));
  const outcomes = boxes.map((each) => outcomesOf(each, "all", thresholds));
  return thresholds.map((_, t) =>
    boxes.map((each, i) => rankedMatches(each, (outcomes[i] as Outcomes[])[t] as Outcomes)),
  );
}
