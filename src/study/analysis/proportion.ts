import { clopperPearson } from "../../metrics/binomial.js";
import { type CrossedFigure, type CrossedValue, crossedShare } from "../../metrics/crossed-bootstrap.js";

/** A share with two 95 % intervals; the share is null if nothing was counted. */
export interface Proportion {
  readonly count: number;
  readonly of: number;
  readonly share: number | null;
  /** The exact interval, as if all answers were independent. */
  readonly exact: readonly [low: number, high: number];
  /** The interval over crossed participants and items. */
  readonly crossed: Omit<CrossedFigure, "value"> | null;
}

/** The share of values that are 1; the others are 0. */
export function proportionOf(values: readonly CrossedValue[], seed: number): Proportion {
  const [count, of] = [values.filter(({ value }) => value === 1).length, values.length];
  if (of === 0) return { count, of, share: null, exact: [0, 1], crossed: null };
  const { value: _, ...crossed } = crossedShare(values, { seed });
  return { count, of, share: count / of, exact: clopperPearson(count, of), crossed };
}
