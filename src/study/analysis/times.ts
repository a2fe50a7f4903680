import { quantile } from "../../metrics/bootstrap.js";
import type { AnswerRow } from "../answers.js";

/** Times of answers in milliseconds; null without answers. */
export interface Times {
  readonly median: number;
  /** Quartiles. */
  readonly low: number;
  readonly high: number;
  /** The 95th percentile. */
  readonly slow: number;
}

export function timesOf(answers: readonly AnswerRow[]): Times | null {
  if (answers.length === 0) return null;
  const sorted = Float64Array.from(answers, ({ milliseconds }) => milliseconds).sort();
  const [low = 0, median = 0, high = 0, slow = 0] = [0.25, 0.5, 0.75, 0.95].map((q) => quantile(sorted, q));
  return { median, low, high, slow };
}
