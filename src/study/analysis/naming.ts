import { type CrossedFigure, type CrossedValue, crossedDifference } from "../../metrics/crossed-bootstrap.js";
import type { AnswerRow } from "../answers.js";
import { type Proportion, proportionOf } from "./proportion.js";

/** How often participants name the images of each system correctly. */
export interface Naming {
  readonly systems: readonly { readonly system: string; readonly accuracy: Proportion }[];
  /** Differences of accuracy to the reference, with their intervals over participants and items. */
  readonly differences: readonly (CrossedFigure & { readonly system: string; readonly over: string })[];
}

/** @param answers that are no attention checks. */
export function namingOf(answers: readonly AnswerRow[], systems: readonly string[], seed: number): Naming {
  const of = (system: string): CrossedValue[] =>
    answers
      .filter(({ left }) => left === system)
      .map(({ participant, item, correct }) => ({ participant, item, value: Number(correct === true) }));
  const [reference = "", ...others] = systems;
  const base = of(reference);
  return {
    systems: systems.map((system) => ({ system, accuracy: proportionOf(of(system), seed) })),
    differences: others.flatMap((system) => {
      const values = of(system);
      if (values.length === 0 || base.length === 0) return [];
      return [{ system, over: reference, ...crossedDifference(values, base, { seed }) }];
    }),
  };
}
