import { classAnnotation } from "../data/annotation.js";
import { top1 } from "../metrics/accuracy.js";
import { judgesOf, type Measurements } from "./measurements.js";

/** What a row changes about an image, as shares of the classifiers, from 0 to 1. */
export interface JudgedChange {
  /** Those right in the row "none" and wrong in this one. */
  readonly harm: number;
  /** Those wrong in the row "none" and right in this one. */
  readonly help: number;
}

/** What a row changes over the row "none", by image; undefined without classifiers. */
export function changesOf(measurements: Measurements, row: number): JudgedChange[] | undefined {
  const annotations = measurements.images.map(({ label }) => classAnnotation(label));
  const judges = judgesOf("class", measurements).map(({ rows }) =>
    [0, row].map((each) => top1.scores(rows[each] ?? [], annotations)),
  );
  if (judges.length === 0) return undefined;
  const shareOf = (image: number, change: number): number =>
    judges.filter(([before, after]) => (after?.[image] as number) - (before?.[image] as number) === change).length /
    judges.length;
  return annotations.map((_, image) => ({ harm: shareOf(image, -1), help: shareOf(image, 1) }));
}
