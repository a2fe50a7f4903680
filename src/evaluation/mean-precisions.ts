import { bootstrapInterval } from "../metrics/bootstrap.js";
import type { DetectionProblem } from "../metrics/detection/boxes.js";
import { cocoAveragePrecision } from "../metrics/detection/coco.js";
import { type MeanPrecisionOf, meanPrecisionOf } from "../metrics/detection/intervals.js";
import type { DetectionSetting, DetectorGain, MeanPrecisions } from "./evaluation.js";
import { type Judged, judgesOf, type Measurements, type Pair } from "./measurements.js";
import { detectable, points, pointsInterval } from "./power.js";

/** Resamples of the images for the intervals of figures that are no means over images. */
export const RESAMPLES = 1000;
/** The smallest intersection over union of a true positive (PASCAL VOC). */
const IOU = 0.5;

/** The figures of detectors. */
export interface DetectionFigures {
  /** By row and detector. */
  readonly rows: readonly Readonly<Record<string, MeanPrecisions>>[];
  /** By pair, then detector. */
  readonly gains: readonly DetectorGain[];
  readonly setting: DetectionSetting;
}

/** A detector's results in a row. */
interface Detections {
  readonly problem: DetectionProblem;
  readonly map11: MeanPrecisionOf;
  readonly map: MeanPrecisionOf;
}

/** Mean average precision of each row and its gains by pair; undefined without detectors. */
export function meanPrecisions(
  measurements: Measurements,
  pairs: readonly Pair[],
  seed: number,
): DetectionFigures | undefined {
  const detectors = judgesOf("boxes", measurements).map(({ name, rows }) => ({
    name,
    rows: rows.map((predictions) => detectionsOf(predictions, measurements)),
  }));
  if (detectors.length === 0) return undefined;
  const { processors, images } = measurements;
  const resampling = { seed, resamples: RESAMPLES };
  return {
    rows: processors.map((_, row) =>
      Object.fromEntries(detectors.map(({ name, rows }) => [name, figuresOf(rows[row] as Detections, resampling)])),
    ),
    gains: pairs.flatMap(([row, over]) =>
      detectors.map(({ name, rows }) => ({
        ...{ processor: processors[row] as string, over: processors[over] as string, detector: name },
        ...gainOver(rows[row] as Detections, rows[over] as Detections, resampling),
      })),
    ),
    setting: {
      iou: IOU,
      objects: images.flatMap(({ boxes = [] }) => boxes.filter((box) => !box.difficult && !box.crowd)).length,
      resamples: RESAMPLES,
    },
  };
}

function detectionsOf(predictions: Judged<"boxes">["rows"][number], { images }: Measurements): Detections {
  const problem: DetectionProblem = {
    images: images.length,
    truth: images.flatMap(({ boxes = [] }, image) => boxes.map((box) => ({ ...box, image }))),
    found: predictions.flatMap(({ boxes }, image) => boxes.map((box) => ({ ...box, image }))),
  };
  return {
    problem,
    map11: meanPrecisionOf(problem, { figure: "map11", iou: IOU }),
    map: meanPrecisionOf(problem, { figure: "map", iou: IOU }),
  };
}

interface Resampling {
  readonly seed: number;
  readonly resamples: number;
}

function figuresOf({ problem, map11, map }: Detections, resampling: Resampling): MeanPrecisions {
  const { AP, AP50, AP75 } = cocoAveragePrecision(problem);
  const [eleven, area] = [figureOf(map11, problem, resampling), figureOf(map, problem, resampling)];
  return {
    ...{ map11: eleven.value, map11_ci95: eleven.ci95, map: area.value, map_ci95: area.ci95 },
    ...{ coco_ap: percentOf(AP), coco_ap50: percentOf(AP50), coco_ap75: percentOf(AP75) },
  };
}

/** In percent; null for COCO's -1. */
const percentOf = (precision: number): number | null => (precision < 0 ? null : 100 * precision);

function gainOver(row: Detections, over: Detections, resampling: Resampling) {
  const gainIn = (figure: "map11" | "map") => {
    const [after, before] = [row[figure], over[figure]];
    return figureOf((copies) => after(copies) - before(copies), row.problem, resampling);
  };
  const [eleven, area] = [gainIn("map11"), gainIn("map")];
  const [seen, seenArea] = [detectable(eleven.ci95), detectable(area.ci95)];
  return {
    ...{ map11: eleven.value, ci95: eleven.ci95, ...(seen !== undefined && { detectable: seen }) },
    ...{ map: area.value, map_ci95: area.ci95, ...(seenArea !== undefined && { map_detectable: seenArea }) },
  };
}

/** A figure in percent with the interval of a bootstrap over images. */
function figureOf(figure: MeanPrecisionOf, { images }: DetectionProblem, resampling: Resampling) {
  return { value: points(figure()), ci95: pointsInterval(bootstrapInterval(images, figure, resampling)) };
}
