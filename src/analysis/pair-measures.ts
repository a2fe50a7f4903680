import { gradientOf, LEGITIMATE, RANDOM } from "./distances.js";
import { type GainPoint, type GainPrediction, predictGain } from "./gain-prediction.js";
import type { GainTable, TableAccuracy } from "./gain-tables.js";
import type { PlaneKind } from "./measured-planes.js";
import type { MeanInterval } from "./statistics.js";
import type { AgreementRow, InterBoundaryRow, RecognizerRow } from "./summary.js";

/** What is measured of each two recognizers. */
export interface PairMeasures {
  readonly recognizers: readonly RecognizerRow[];
  readonly inter_boundary: readonly InterBoundaryRow[];
  readonly gradient_cosine: readonly (MeanInterval & { readonly a: string; readonly b: string })[];
  readonly agreement: readonly AgreementRow[];
}

/** How well one measure predicts the gains of a table. */
export interface MeasurePrediction extends GainPrediction {
  readonly table: string;
  readonly measure: string;
  /** Pairs of the table whose measure is not known, such as those of recognizers that were not analyzed. */
  readonly unknown: number;
  readonly points: readonly GainPoint[];
}

type Measure = (known: Known, source: string, target: string) => number | null;

/** What a measure can be taken from: the analysis, and the accuracies of the table of gains. */
type Known = PairMeasures & Pick<GainTable, "accuracies">;

const isPair = ({ a, b }: { readonly a: string; readonly b: string }, one: string, other: string): boolean =>
  (a === one && b === other) || (a === other && b === one);

const agreement =
  (kind: PlaneKind, which: "raw" | "kappa"): Measure =>
  (measures, source, target) =>
    measures.agreement.find((row) => row.kind === kind && isPair(row, source, target))?.[which].mean ?? null;

const interBoundary =
  (directionFrom: (source: string) => string): Measure =>
  ({ inter_boundary: rows }, source, target) =>
    rows.find((row) => isPair(row, source, target) && row.direction === directionFrom(source))?.mean ?? null;

const accuracyOf = ({ accuracies }: Known, name: string, row: keyof TableAccuracy): number | null =>
  accuracies[name]?.[row] ?? null;

/** The measures of a source and a target that may predict the gain. The last three are baselines without boundaries. */
const measuresByName: Readonly<Record<string, Measure>> = {
  "kappa, gradient planes": agreement("gradient", "kappa"),
  "agreement, gradient planes": agreement("gradient", "raw"),
  "kappa, planes of three images": agreement("triple", "kappa"),
  "agreement, planes of three images": agreement("triple", "raw"),
  "inter-boundary distance, legitimate": interBoundary(() => LEGITIMATE),
  "inter-boundary distance, gradient of the source": interBoundary(gradientOf),
  "inter-boundary distance, random": interBoundary(() => RANDOM),
  "cosine of loss gradients": ({ gradient_cosine: rows }, source, target) =>
    rows.find((row) => isPair(row, source, target))?.mean ?? null,
  "difference of clean accuracy": (known, source, target) => {
    const [one, other] = [accuracyOf(known, source, "clean"), accuracyOf(known, target, "clean")];
    return one === null || other === null ? null : Math.abs(one - other);
  },
  "clean accuracy of the target": (known, _, target) => accuracyOf(known, target, "clean"),
  "accuracy of the target on plain's images": (known, _, target) => accuracyOf(known, target, "plain"),
};

/** How well each measure predicts the gains of each table. */
export const predictGains = (measures: PairMeasures, tables: readonly GainTable[], seed: number): MeasurePrediction[] =>
  tables.flatMap(({ name: table, gains, accuracies }) =>
    Object.entries(measuresByName).map(([measure, of]) => {
      const points = gains.flatMap((each) => {
        const value = of({ ...measures, accuracies }, each.source, each.target);
        return value === null ? [] : [{ ...each, measure: value }];
      });
      return { table, measure, ...predictGain(points, seed), unknown: gains.length - points.length, points };
    }),
  );
