import type { Evaluation, Gain } from "../evaluation/evaluation.js";
import type { FlippedPrediction } from "../evaluation/flipped-predictions.js";
import type { Image } from "../images/image.js";
import { MAX_PSNR } from "../metrics/psnr.js";
import { signed } from "../number-text.js";
import type { Judge } from "../recognition/judge.js";
import { contactSheet } from "../report/sheet.js";

/** Enlargement of the images on the strip. */
const ZOOM = 3;

/**
 * One row for each image: reduced, plain, ra, original. Below the results is how many recognizers see the right class, below
 * the original its class.
 */
export const stripOf = (flipped: readonly FlippedPrediction[], classes: readonly string[]): Image =>
  contactSheet(
    flipped.map(({ interpolated, before, after, clean }) => [interpolated, before, after, clean]),
    {
      zoom: ZOOM,
      headings: ["reduced", "plain", "ra", "original"],
      captions: flipped.map(({ label, seenBefore, seenAfter }) => [
        "",
        rightIn(seenBefore, label),
        rightIn(seenAfter, label),
        classes[label] ?? "",
      ]),
    },
  );

const rightIn = (seen: readonly number[], label: number): string =>
  `${seen.filter((each) => each === label).length} of ${seen.length} right`;

const trainings = { ra: "recognition-aware training", unsupervised: "the same without classes" };

/** The result, one sentence for each training. The first recognizer is the one whose loss was used. */
export function conclusion(evaluation: Evaluation): string {
  const trained = Object.entries(trainings).filter(([name]) => evaluation.rows.some((row) => row.processor === name));
  return trained.map(([name, title]) => sentence(evaluation, name, title)).join("\n");
}

function sentence({ rows, gains }: Evaluation, trained: string, title: string): string {
  const psnr = (name: string) => rows.find(({ processor }) => processor === name)?.psnr ?? MAX_PSNR;
  const [source, ...unseen] = gains.filter(({ processor, over }) => processor === trained && over === "plain");
  return (
    `Over plain training, ${title} changes the top-1 of the recognizer whose loss it used by ` +
    `${points(source as Gain)},\n` +
    `and of unseen recognizers by ${unseen.map(points).join(" and ")}, for ${(psnr(trained) - psnr("plain")).toFixed(2)} dB of PSNR.`
  );
}

const points = ({ recognizer, top1, ci95: [low, high] }: Gain): string =>
  `${signed(top1)} points [${signed(low)}, ${signed(high)}] (${recognizer})`;

/** One line for each image: its class and, for each recognizer, the class predicted for plain's result and for ra's. */
export function flippedTable(
  flipped: readonly FlippedPrediction[],
  recognizers: readonly Pick<Judge, "name">[],
  classes: readonly string[],
): string {
  const header = ["class", ...recognizers.map(({ name }) => name)];
  const lines = flipped.map(({ label, seenBefore, seenAfter }) => [
    classes[label] ?? "",
    ...seenBefore.map((before, i) => `${classes[before]} -> ${classes[seenAfter[i] ?? -1]}`),
  ]);
  const widths = header.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i]?.length ?? 0)));
  return [header, ...lines]
    .map((line) => `  ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`)
    .join("\n");
}
