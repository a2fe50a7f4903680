import { meanIouDifference, meanIouWithInterval, type PixelCounts } from "../metrics/miou.js";
import type { MeanIou, ResampledSetting, SegmenterGain } from "./evaluation.js";
import { RESAMPLES } from "./mean-precisions.js";
import type { Confusions } from "./measured-image.js";
import { type Judged, judgesOf, type Measurements, type Pair } from "./measurements.js";
import { detectable, points, pointsInterval } from "./power.js";

/** The figures of segmenters. */
export interface SegmentationFigures {
  /** By row and segmenter. */
  readonly rows: readonly Readonly<Record<string, MeanIou>>[];
  /** By pair, then segmenter. */
  readonly gains: readonly SegmenterGain[];
  readonly setting: ResampledSetting;
}

/** Mean intersection over union of each row and its gains by pair; undefined without segmenters. */
export function meanIous(
  measurements: Measurements,
  pairs: readonly Pair[],
  seed: number,
): SegmentationFigures | undefined {
  const segmenters = judgesOf("label-map", measurements).map(({ name, rows }) => ({ name, rows: countsOf(rows) }));
  if (segmenters.length === 0) return undefined;
  const { processors } = measurements;
  const resampling = { seed, resamples: RESAMPLES };
  return {
    rows: processors.map((_, row) =>
      Object.fromEntries(
        segmenters.map(({ name, rows }) => {
          const { value, ...interval } = meanIouWithInterval(rows[row] ?? [], resampling);
          return [name, { miou: points(value), ci95: pointsInterval(interval) }];
        }),
      ),
    ),
    gains: pairs.flatMap(([row, over]) =>
      segmenters.map(({ name, rows }) => {
        const { difference, ...interval } = meanIouDifference(rows[row] ?? [], rows[over] ?? [], resampling);
        const ci95 = pointsInterval(interval);
        const seen = detectable(ci95);
        return {
          ...{ processor: processors[row] as string, over: processors[over] as string, segmenter: name },
          ...{ miou: points(difference), ci95, ...(seen !== undefined && { detectable: seen }) },
        };
      }),
    ),
    setting: { resamples: RESAMPLES },
  };
}

/** Pixels by class: [rows][images]. */
function countsOf(rows: Judged<"label-map">["rows"]): PixelCounts[][] {
  const all = rows.flatMap((predictions) => predictions.flatMap(({ confusions }) => confusions));
  const classes = 1 + all.reduce((most, [truth, predicted]) => Math.max(most, truth, predicted), -1);
  return rows.map((predictions) => predictions.map(({ confusions }) => pixelCountsOf(confusions, classes)));
}

function pixelCountsOf(confusions: Confusions, classes: number): PixelCounts {
  const [annotated, predicted, shared] = [0, 1, 2].map(() => new Float64Array(classes)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (const [truth, seen, pixels] of confusions) {
    (annotated[truth] as number) += pixels;
    (predicted[seen] as number) += pixels;
    if (truth === seen) (shared[truth] as number) += pixels;
  }
  return { annotated, predicted, shared };
}
