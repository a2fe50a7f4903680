import { pearson, spearman } from "../metrics/correlation.js";
import type { ControlSetting } from "./evaluation.js";
import type { JudgeFigures } from "./judge-figures.js";
import type { JudgeGroup } from "./mean-gains.js";
import { toTwelveDecimals } from "./resampled.js";
import type { Correlation, Correlations } from "./robustness.js";

/** Fewer processors show no correlation. */
const FEWEST = 4;

interface Compared {
  /** The name and the mean PSNR of each row. */
  readonly rows: readonly { readonly processor: string; readonly psnr: number | null }[];
  readonly figures: readonly JudgeFigures[];
  readonly group: JudgeGroup | undefined;
  readonly control?: ControlSetting;
}

/** Correlations of PSNR with the figures of judges over the processors; undefined with fewer than four, or without judges. */
export function correlationsOf({ rows, figures, group, control }: Compared): Correlations | undefined {
  const places = rows
    .map((_, row) => row)
    .slice(1, -1)
    .filter((row) => rows[row]?.psnr !== null && rows[row]?.processor !== control?.name);
  if (places.length < FEWEST || figures.length === 0) return undefined;
  const decibels = places.map((row) => rows[row]?.psnr ?? Number.NaN);
  const valuesOf = ({ rows: all }: JudgeFigures) => places.map((row) => all[row]?.value ?? Number.NaN);
  const correlationOf = (values: readonly number[]): Correlation =>
    values.every(Number.isFinite)
      ? { pearson: pearson(decibels, values), spearman: spearman(decibels, values) }
      : { pearson: null, spearman: null };
  const grouped = figures.filter(({ judge }) => group?.judges.includes(judge)).map(valuesOf);
  const means = places.map((_, i) =>
    toTwelveDecimals(grouped.reduce((sum, values) => sum + (values[i] as number), 0) / grouped.length),
  );
  return {
    processors: places.length,
    judges: Object.fromEntries(figures.map((each) => [each.judge, correlationOf(valuesOf(each))])),
    ...(group && { mean: correlationOf(means) }),
  };
}
