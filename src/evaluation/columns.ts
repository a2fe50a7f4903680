import { samePair } from "./compared.js";
import type { Evaluation } from "./evaluation.js";
import type { Interval } from "./interval.js";
import type { MeanFigure, MeanGain } from "./robustness.js";

/** A figure in percent, or a difference of such figures in percentage points, with its 95 % interval. */
export interface JudgeFigure {
  /** Null: it is not defined, because the images have nothing to count. */
  readonly value: number | null;
  readonly ci95: Interval;
  /** Of a gain of a detector or segmenter whose interval includes 0: see `DetectorGain`. */
  readonly detectable?: number;
}

/** The figures of one judge, as a column of tables. */
export interface JudgeColumn {
  readonly judge: string;
  /** The figure: top-1 of a classifier, mAP (11-point) of a detector, mIoU of a segmenter; see `LabelAgreement` for services. */
  readonly measure: JudgeMeasure;
  /** The processors that were trained with it; absent: none. */
  readonly seenBy?: readonly string[];
  /** Of a row; undefined: the evaluation has no such row. */
  figureOf(processor: string): JudgeFigure | undefined;
  /** Of a pair of rows; undefined: the evaluation does not compare them. */
  gainOf(processor: string, over: string): JudgeFigure | undefined;
}

/** What a judge's figure measures. */
type JudgeMeasure = "top-1" | "mAP" | "mIoU" | "agreement" | "top label kept" | "class confidence" | "class found";

/** The judges of an evaluation: classifiers, then detectors, segmenters and services. */
export const judgeColumns = (evaluation: Evaluation): JudgeColumn[] =>
  [
    ...classifierColumns(evaluation),
    ...detectorColumns(evaluation),
    ...segmenterColumns(evaluation),
    ...serviceColumns(evaluation),
  ].map((column) => {
    const seenBy = evaluation.seen?.[column.judge];
    return seenBy ? { ...column, seenBy } : column;
  });

/**
 * The means over judges as columns of the gains: over all, and over those that no processor was trained with.
 * @param mark follows the titles.
 */
export function meanColumns(evaluation: Evaluation, mark = ""): JudgeColumn[] {
  const { mean_gains: means } = evaluation;
  if (!means) return [];
  const measure = judgeColumns(evaluation).find(({ judge }) => means.judges.includes(judge))?.measure ?? "top-1";
  const column = (title: string, figureOfGain: (gain: MeanGain) => MeanFigure | undefined): JudgeColumn => ({
    ...{ judge: `${title}${mark}`, measure },
    figureOf: () => undefined,
    gainOf(processor, over) {
      const found = means.gains.find((gain) => samePair(gain, { processor, over }));
      const figure = found && figureOfGain(found);
      return figure && { value: figure.points, ci95: figure.ci95 };
    },
  });
  return [column("mean", (gain) => gain), ...(means.unseen ? [column("mean of unseen", ({ unseen }) => unseen)] : [])];
}

const classifierColumns = ({ rows, gains }: Evaluation): JudgeColumn[] =>
  Object.keys(rows[0]?.recognizers ?? {}).map((judge) => ({
    ...{ judge, measure: "top-1" },
    figureOf(processor) {
      const found = rows.find((row) => row.processor === processor)?.recognizers[judge];
      return found && { value: found.top1, ci95: found.top1_ci95 };
    },
    gainOf(processor, over) {
      const found = gains.find((gain) => samePair(gain, { processor, over }) && gain.recognizer === judge);
      return found && { value: found.top1, ci95: found.ci95 };
    },
  }));

const detectorColumns = ({ rows, detector_gains: gains = [] }: Evaluation): JudgeColumn[] =>
  Object.keys(rows[0]?.detectors ?? {}).map((judge) => ({
    ...{ judge, measure: "mAP" },
    figureOf(processor) {
      const found = rows.find((row) => row.processor === processor)?.detectors?.[judge];
      return found && { value: found.map11, ci95: found.map11_ci95 };
    },
    gainOf(processor, over) {
      const found = gains.find((gain) => samePair(gain, { processor, over }) && gain.detector === judge);
      return found && gainFigure(found.map11, found);
    },
  }));

const segmenterColumns = ({ rows, segmenter_gains: gains = [] }: Evaluation): JudgeColumn[] =>
  Object.keys(rows[0]?.segmenters ?? {}).map((judge) => ({
    ...{ judge, measure: "mIoU" },
    figureOf(processor) {
      const found = rows.find((row) => row.processor === processor)?.segmenters?.[judge];
      return found && { value: found.miou, ci95: found.ci95 };
    },
    gainOf(processor, over) {
      const found = gains.find((gain) => samePair(gain, { processor, over }) && gain.segmenter === judge);
      return found && gainFigure(found.miou, found);
    },
  }));

/** The measures of services, with their keys. Those of the true class are shown if images have classes. */
const serviceMeasures = [
  { measure: "agreement", key: "jaccard" },
  { measure: "top label kept", key: "top1_kept" },
  { measure: "class confidence", key: "true_confidence" },
  { measure: "class found", key: "true_found" },
] as const;

const serviceColumns = ({ rows, service_gains: gains = [] }: Evaluation): JudgeColumn[] =>
  Object.entries(rows[0]?.services ?? {}).flatMap(([judge, first]) =>
    serviceMeasures
      .filter(({ key }) => first[key] !== undefined)
      .map(({ measure, key }) => ({
        ...{ judge, measure },
        figureOf(processor) {
          const found = rows.find((row) => row.processor === processor)?.services?.[judge];
          return found && { value: found[key] ?? null, ci95: found[`${key}_ci95`] ?? null };
        },
        gainOf(processor, over) {
          const found = gains.find((gain) => samePair(gain, { processor, over }) && gain.service === judge);
          if (!found) return undefined;
          return key === "jaccard"
            ? gainFigure(found.jaccard, found)
            : { value: found[key] ?? null, ci95: found[`${key}_ci95`] ?? null };
        },
      })),
  );

const gainFigure = (
  value: number | null,
  { ci95, detectable }: { readonly ci95: Interval; readonly detectable?: number },
): JudgeFigure => ({ value, ci95, ...(detectable !== undefined && { detectable }) });

/** Whether all figures are top-1, so that a title need not name them. */
export const onlyTop1 = (columns: readonly JudgeColumn[]): boolean =>
  columns.every(({ measure }) => measure === "top-1");

/** The titles of the columns: "yolo mAP"; the judges' names alone if all figures are top-1; "(R)": a processor was trained with it. */
export const columnTitles = (columns: readonly JudgeColumn[]): string[] =>
  columns.map(({ judge, measure, seenBy }) => {
    const name = seenBy ? `${judge} (R)` : judge;
    return onlyTop1(columns) ? name : `${name} ${measure}`;
  });
