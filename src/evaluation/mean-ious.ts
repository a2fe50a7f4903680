import { meanIou, type PixelCounts } from "../metrics/miou.js";
import type { ResampledSetting, SegmenterFigures, SegmenterGain } from "./evaluation.js";
import type { JudgeFigures } from "./judge-figures.js";
import type { Confusions } from "./measured-image.js";
import { type Judged, judgesOf, type Measurements, type Pair } from "./measurements.js";
import { detectable } from "./power.js";
import { RESAMPLES, type ResampledFigure, resampledDifference, resampledFigure } from "./resampled.js";

/** The figures of segmenters. */
export interface SegmentationFigures {
  /** By row and segmenter. */
  readonly rows: readonly Readonly<Record<string, SegmenterFigures>>[];
  /** By pair, then segmenter. */
  readonly gains: readonly SegmenterGain[];
  readonly setting: ResampledSetting;
  readonly figures: readonly JudgeFigures[];
}

/** Mean intersection over union of each row and its gains by pair; undefined without segmenters. */
export function meanIous(
  measurements: Measurements,
  pairs: readonly Pair[],
  seed: number,
): SegmentationFigures | undefined {
  const segmenters = miouFigures(measurements, seed);
  if (segmenters.length === 0) return undefined;
  const { processors } = measurements;
  return {
    rows: processors.map((_, row) =>
      Object.fromEntries(
        segmenters.map(({ judge, rows }) => {
          const { percent, ci95 } = rows[row] as ResampledFigure;
          return [judge, { miou: percent, ci95 }];
        }),
      ),
    ),
    gains: pairs.flatMap(([row, over]) =>
      segmenters.map(({ judge, rows }) => {
        const { points, ci95 } = resampledDifference(rows[row] as ResampledFigure, rows[over] as ResampledFigure);
        const seen = detectable(ci95);
        return {
          ...{ processor: processors[row] as string, over: processors[over] as string, segmenter: judge },
          ...{ miou: points, ci95, ...(seen !== undefined && { detectable: seen }) },
        };
      }),
    ),
    setting: { resamples: RESAMPLES },
    figures: segmenters,
  };
}

/** The figures of a segmenter; its rows have intervals of their own. */
interface SegmenterRows extends JudgeFigures {
  readonly rows: readonly ResampledFigure[];
}

/** The mean intersection over union of each row, by segmenter. */
export const miouFigures = (measurements: Measurements, seed: number): SegmenterRows[] =>
  judgesOf("label-map", measurements).map(({ name, rows }) => ({
    judge: name,
    rows: countsOf(rows).map((counts) =>
      resampledFigure(counts.length, (copies) => meanIou(counts, copies).mean, seed),
    ),
  }));

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
