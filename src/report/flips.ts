import type { MeasuredImage } from "../evaluation/measured-image.js";
import type { Measurements } from "../evaluation/measurements.js";
import { sharesOf } from "./class-shares.js";
import type { FlipTotal, RowPair } from "./document.js";
import { classifiersIn, isRight, rankedIn } from "./judged-rows.js";

/** Views in all galleries of a report, which limit the size of its file. */
const MOST_VIEWS = 240;
/** Images of a pair and a kind of flip. */
const MOST_IMAGES = 12;

/** How many images of each pair and kind are shown, so that the views of all rows are at most about `MOST_VIEWS`. */
export const shownImages = (rows: number, pairs: number): number =>
  Math.min(MOST_IMAGES, Math.max(1, Math.floor(MOST_VIEWS / (rows * Math.max(1, pairs) * 2))));

/**
 * The images whose flips are shown, by their places: of each pair those that are right before and wrong after, then the
 * reverse. Images come first whose class loses or gains the largest share for a judge that flips, then those of earlier names.
 * Without classifiers, the images whose PSNR falls most, then those whose PSNR rises most.
 */
export function flippedImages(measurements: Measurements, pairs: readonly RowPair[]): number[] {
  const { images, processors } = measurements;
  const judges = classifiersIn(measurements);
  const most = shownImages(processors.length, pairs.length);
  const chosen = pairs.flatMap((pair) =>
    [-1, 1].flatMap((sign) => {
      const changes = images.flatMap((image, place) => {
        const change =
          judges.length === 0
            ? sign * psnrChange(image, pair)
            : Math.max(...judges.map((judge) => changeOf(image, pair, judge, sign)));
        return change > 0 ? [{ place, change, file: image.file }] : [];
      });
      changes.sort((a, b) => b.change - a.change || (a.file < b.file ? -1 : 1));
      return changes.slice(0, most).map(({ place }) => place);
    }),
  );
  return [...new Set(chosen)];
}

/** In dB; 0 where both are infinite. */
const psnrChange = ({ rows }: MeasuredImage, [row, over]: RowPair): number =>
  (rows[row]?.psnr ?? 0) - (rows[over]?.psnr ?? 0) || 0;

/** How much the share of the class changes if the prediction flips in the direction of `sign`; otherwise 0. */
function changeOf({ rows, label }: MeasuredImage, [row, over]: RowPair, judge: number, sign: number): number {
  const flip = Number(isRight(rows[row], judge, label)) - Number(isRight(rows[over], judge, label));
  if (flip !== sign) return 0;
  const shareIn = (place: number) => {
    const ranked = rankedIn(rows[place], judge);
    return sharesOf(ranked)[ranked.findIndex((each) => each.class === label)] ?? 0;
  };
  // A flip with equal shares, which rounding can cause, is still one.
  return Math.max(Number.EPSILON, sign * (shareIn(row) - shareIn(over)));
}

/** The number of flips of each pair and judge. */
export function flipTotals(measurements: Measurements, pairs: readonly RowPair[]): FlipTotal[] {
  const { images } = measurements;
  return pairs.flatMap(([row, over], pair) =>
    classifiersIn(measurements).map((judge, place) => {
      const count = (before: boolean) =>
        images.filter(
          ({ rows, label }) =>
            isRight(rows[over], judge, label) === before && isRight(rows[row], judge, label) === !before,
        ).length;
      return { pair, judge: place, harmful: count(true), helpful: count(false) };
    }),
  );
}
