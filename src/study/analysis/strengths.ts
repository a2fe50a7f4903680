import { bradleyTerry, type Comparison, type Strength } from "../../metrics/bradley-terry.js";
import type { AnswerRow } from "../answers.js";

/** Strengths of more than two systems by Davidson's model of paired comparisons with ties. */
export interface Strengths {
  /** Log-strengths relative to the reference, in the order of the systems. */
  readonly systems: readonly (Strength & { readonly system: string })[];
  /** Davidson's parameter of ties. */
  readonly ties: number;
  /** Whether answers were added, because the given ones determine no finite strengths. */
  readonly regularized: boolean;
}

/** @returns null for fewer than three systems, and if a system was never compared. */
export function strengthsOf(answers: readonly AnswerRow[], systems: readonly string[]): Strengths | null {
  const comparisons = answers.flatMap(({ participant, item, left, right, chosen }): Comparison[] => {
    const [first, second] = [systems.indexOf(left), systems.indexOf(right ?? "")];
    if (first < 0 || second < 0) return [];
    const outcome = chosen === null ? "tie" : chosen === left ? "first" : "second";
    return [{ participant, item, first, second, outcome }];
  });
  const compared = new Set(comparisons.flatMap(({ first, second }) => [first, second]));
  if (systems.length < 3 || compared.size < systems.length) return null;
  const { strengths, ...rest } = bradleyTerry(comparisons, systems.length);
  return { systems: strengths.map((strength, i) => ({ system: systems[i] as string, ...strength })), ...rest };
}
