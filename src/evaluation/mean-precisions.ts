import type { DetectionProblem } from "../metrics/detection/boxes.js";
import { cocoAveragePrecision } from "../metrics/detection/coco.js";
import { meanPrecisionOf } from "../metrics/detection/intervals.js";
import type { DetectionSetting, DetectorFigures, DetectorGain } from "./evaluation.js";
import type { JudgeFigures } from "./judge-figures.js";
import { type Judged, judgesOf, type Measurements, type Pair } from "./measurements.js";
import { detectable } from "./power.js";
import { RESAMPLES, type ResampledFigure, resampledDifference, resampledFigure } from "./resampled.js";

/** The smallest intersection over union of a true positive (PASCAL VOC). */
const IOU = 0.5;

/** The figures of detectors. */
export interface DetectionFigures {
  /** By row and detector. */
  readonly rows: readonly Readonly<Record<string, DetectorFigures>>[];
  /** By pair, then detector. */
  readonly gains: readonly DetectorGain[];
  readonly setting: DetectionSetting;
  readonly figures: readonly JudgeFigures[];
}

/** A detector's results in a row. */
interface Detections {
  readonly problem: DetectionProblem;
  readonly map11: ResampledFigure;
  readonly map: ResampledFigure;
}

/** Mean average precision of each row and its gains by pair; undefined without detectors. */
export function meanPrecisions(
  measurements: Measurements,
  pairs: readonly Pair[],
  seed: number,
): DetectionFigures | undefined {
  const detectors = judgesOf("boxes", measurements).map(({ name, rows }) => ({
    name,
    rows: rows.map((predictions) => detectionsOf(predictions, measurements, seed)),
  }));
  if (detectors.length === 0) return undefined;
  const { processors, images } = measurements;
  return {
    rows: processors.map((_, row) =>
      Object.fromEntries(detectors.map(({ name, rows }) => [name, figuresOf(rows[row] as Detections)])),
    ),
    gains: pairs.flatMap(([row, over]) =>
      detectors.map(({ name, rows }) => ({
        ...{ processor: processors[row] as string, over: processors[over] as string, detector: name },
        ...gainOver(rows[row] as Detections, rows[over] as Detections),
      })),
    ),
    figures: detectors.map(({ name, rows }) => ({ judge: name, rows: rows.map(({ map11 }) => map11) })),
    setting: {
      iou: IOU,
      objects: images.flatMap(({ boxes = [] }) => boxes.filter((box) => !box.difficult && !box.crowd)).length,
      resamples: RESAMPLES,
    },
  };
}

/** The mean average precision (11-point) of each row, by detector. */
export const map11Figures = (measurements: Measurements, seed: number): JudgeFigures[] =>
  judgesOf("boxes", measurements).map(({ name, rows }) => ({
    judge: name,
    rows: rows.map((predictions) => resampledPrecision(problemOf(predictions, measurements), "map11", seed)),
  }));

function detectionsOf(predictions: Predictions, measurements: Measurements, seed: number): Detections {
  const problem = problemOf(predictions, measurements);
  const figure = (name: "map11" | "map") => resampledPrecision(problem, name, seed);
  return { problem, map11: figure("map11"), map: figure("map") };
}

type Predictions = Judged<"boxes">["rows"][number];

const problemOf = (predictions: Predictions, { images }: Measurements): DetectionProblem => ({
  images: images.length,
  truth: images.flatMap(({ boxes = [] }, image) => boxes.map((box) => ({ ...box, image }))),
  found: predictions.flatMap(({ boxes }, image) => boxes.map((box) => ({ ...box, image }))),
});

const resampledPrecision = (problem: DetectionProblem, figure: "map11" | "map", seed: number): ResampledFigure =>
  resampledFigure(problem.images, meanPrecisionOf(problem, { figure, iou: IOU }), seed);

function figuresOf({ problem, map11, map }: Detections): DetectorFigures {
  const { AP, AP50, AP75 } = cocoAveragePrecision(problem);
  return {
    ...{ map11: map11.percent, map11_ci95: map11.ci95, map: map.percent, map_ci95: map.ci95 },
    ...{ coco_ap: percentOf(AP), coco_ap50: percentOf(AP50), coco_ap75: percentOf(AP75) },
  };
}

/** In percent; null for COCO's -1. */
const percentOf = (precision: number): number | null => (precision < 0 ? null : 100 * precision);

function gainOver(row: Detections, over: Detections) {
  const [eleven, area] = [resampledDifference(row.map11, over.map11), resampledDifference(row.map, over.map)];
  const [seen, seenArea] = [detectable(eleven.ci95), detectable(area.ci95)];
  return {
    ...{ map11: eleven.points, ci95: eleven.ci95, ...(seen !== undefined && { detectable: seen }) },
    ...{ map: area.points, map_ci95: area.ci95, ...(seenArea !== undefined && { map_detectable: seenArea }) },
  };
}
