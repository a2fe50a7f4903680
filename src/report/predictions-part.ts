import type { Measurements } from "../evaluation/measurements.js";
import { SHARES_NOTE, sharesOf } from "./class-shares.js";
import type { PredictedColumn, PredictionsPart } from "./document.js";
import { classifiersIn, isRight, NameList, rankedIn, shortTitles, shownPairs } from "./judged-rows.js";

/** The first class that each classifier predicts for each image and row. */
export function predictionsPart(measurements: Measurements, nameOf: (label: number) => string): PredictionsPart {
  const { images, processors, judges } = measurements;
  const classifiers = classifiersIn(measurements);
  const list = new NameList(nameOf);
  const columnOf = (row: number, judge: number): PredictedColumn => ({
    classes: images.map(({ rows }) => list.place(rankedIn(rows[row], judge)[0]?.class)),
    shares: images.map(({ rows }) => rounded(sharesOf(rankedIn(rows[row], judge))[0] ?? 0, 3)),
    right: images.map(({ rows, label }) => Number(isRight(rows[row], judge, label))).join(""),
  });
  return {
    kind: "predictions",
    caption: "Predictions of all images",
    files: shortTitles(images.map(({ file }) => file)),
    truth: images.map(({ label }) => list.place(label)),
    psnr: processors.map((_, row) => images.map(({ rows }) => finite(rows[row]?.psnr))),
    predicted: processors.map((_, row) => classifiers.map((judge) => columnOf(row, judge))),
    ...{ names: list.names, rows: processors, pairs: shownPairs(processors) },
    judges: classifiers.map((judge) => judges[judge] as string),
    note: classifiers.length > 0 ? `✓: right, ✗: wrong. ${SHARES_NOTE}` : "PSNR in dB on RGB.",
  };
}

/** A number with few decimals, which makes the page smaller. */
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** PSNR in dB with two decimals; null: infinite. */
export const finite = (psnr = Number.POSITIVE_INFINITY): number | null =>
  Number.isFinite(psnr) ? rounded(psnr, 2) : null;
