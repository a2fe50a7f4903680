import { top1Figures } from "./accuracies.js";
import type { EvaluationSetting } from "./evaluation.js";
import type { JudgeFigures } from "./judge-figures.js";
import { agreementFigures } from "./label-agreements.js";
import { type JudgeGroup, meanGain } from "./mean-gains.js";
import { miouFigures } from "./mean-ious.js";
import { map11Figures } from "./mean-precisions.js";
import type { Measurements, Pair } from "./measurements.js";
import { combined, intervalOf, percentOf, type Resampled } from "./resampled.js";
import type { Survival, SurvivingFigure, SurvivingGain } from "./robustness.js";

/** The figures without handling, and the judges of the mean gains. */
interface Unhandled {
  readonly plain: readonly JudgeFigures[];
  readonly group: JudgeGroup | undefined;
}

/** The figures and gains after each handling, and what is left of the gains; undefined without handlings. */
export function survivalOf(
  measurements: Measurements,
  pairs: readonly Pair[],
  { after = [], seed }: EvaluationSetting,
  unhandled: Unhandled,
): Survival | undefined {
  if (after.length === 0) return undefined;
  const handlings = after.map((name, place) => {
    const figures = figuresOf(handledMeasurements(measurements, place), seed);
    return {
      after: name,
      rows: measurements.processors.map((processor, row) => ({
        processor,
        judges: Object.fromEntries(
          figures.map(({ judge, rows }) => [judge, percentOf(rows[row]?.value ?? Number.NaN)]),
        ),
      })),
      gains: pairs.map((pair) => survivingGain(pair, { ...unhandled, figures }, measurements)),
    };
  });
  return { handlings };
}

/** The measurements whose predictions are those after a handling. */
const handledMeasurements = (measurements: Measurements, place: number): Measurements => ({
  ...measurements,
  images: measurements.images.map((image) => ({
    ...image,
    rows: image.rows.map((row) => ({ ...row, predictions: row.handled?.[place] ?? [] })),
  })),
});

const figuresOf = (measurements: Measurements, seed: number): JudgeFigures[] => [
  ...top1Figures(measurements, seed),
  ...map11Figures(measurements, seed),
  ...miouFigures(measurements, seed),
  ...agreementFigures(measurements, seed),
];

function survivingGain(
  pair: Pair,
  { plain, figures, group }: Unhandled & { readonly figures: readonly JudgeFigures[] },
  { processors }: Pick<Measurements, "processors">,
): SurvivingGain {
  const [row, over] = pair;
  const meanOf = (judges: readonly string[]) =>
    survivingFigure(meanGain(figures, judges, pair), meanGain(plain, judges, pair));
  return {
    ...{ processor: processors[row] as string, over: processors[over] as string },
    judges: Object.fromEntries(figures.map(({ judge }) => [judge, meanOf([judge])])),
    ...(group && { mean: meanOf(group.judges) }),
    ...(group?.unseen && { unseen: meanOf(group.unseen) }),
  };
}

function survivingFigure(gain: Resampled, plain: Resampled): SurvivingFigure {
  const figure = { points: percentOf(gain.value), ci95: intervalOf(gain) };
  const [low, high] = intervalOf(plain) ?? [0, 0];
  if (low <= 0 && high >= 0) return { ...figure, left: null, left_ci95: null };
  const left = combined([gain, plain], (a = 0, b = 0) => a / b);
  return { ...figure, left: percentOf(left.value), left_ci95: intervalOf(left) };
}
