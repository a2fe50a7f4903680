import type { EvaluationSetting } from "./evaluation.js";
import type { JudgeFigures } from "./judge-figures.js";
import type { Measurements, Pair } from "./measurements.js";
import { combined, intervalOf, percentOf, type Resampled, toTwelveDecimals } from "./resampled.js";
import type { MeanGains } from "./robustness.js";

/** The judges whose figures are averaged. */
export type JudgeGroup = Pick<MeanGains, "judges" | "unseen">;

/**
 * The judges of the first kind that there is, and those of them that no processor was trained with.
 * @param kinds the figures of classifiers, detectors, segmenters and services.
 * @returns undefined with fewer than two judges.
 */
export function judgeGroup(
  kinds: readonly (readonly JudgeFigures[])[],
  { seen = {} }: Pick<EvaluationSetting, "seen">,
): JudgeGroup | undefined {
  const judges = (kinds.find(({ length }) => length > 0) ?? []).map(({ judge }) => judge);
  const unseen = judges.filter((judge) => !Object.hasOwn(seen, judge));
  if (judges.length < 2) return undefined;
  return { judges, ...(unseen.length > 0 && unseen.length < judges.length && { unseen }) };
}

/** The gain of the mean over judges of a row over another. */
export function meanGain(figures: readonly JudgeFigures[], judges: readonly string[], pair: Pair): Resampled {
  const gains = figures.filter(({ judge }) => judges.includes(judge)).map(({ rows }) => gainOf(rows, pair));
  return combined(gains, (...values) =>
    toTwelveDecimals(values.reduce((sum, value) => sum + value, 0) / values.length),
  );
}

/** The gain of a row over another for one judge. */
const gainOf = (rows: readonly Resampled[], [row, over]: Pair): Resampled =>
  combined([rows[row] as Resampled, rows[over] as Resampled], (a = 0, b = 0) => a - b);

/** The mean gains of all pairs. */
export function meanGains(
  figures: readonly JudgeFigures[],
  group: JudgeGroup,
  pairs: readonly Pair[],
  { processors }: Pick<Measurements, "processors">,
): MeanGains {
  const figureOf = (judges: readonly string[], pair: Pair) => {
    const gain = meanGain(figures, judges, pair);
    return { points: percentOf(gain.value), ci95: intervalOf(gain) };
  };
  return {
    ...group,
    gains: pairs.map((pair) => ({
      ...{ processor: processors[pair[0]] as string, over: processors[pair[1]] as string },
      ...figureOf(group.judges, pair),
      ...(group.unseen && { unseen: figureOf(group.unseen, pair) }),
    })),
  };
}
