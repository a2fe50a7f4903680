import { UserError } from "../errors.js";
import type { Session, Tensors } from "../runtime/session.js";
import { adamScalars } from "./adam.js";
import { nextState, scalars, type TrainingStep } from "./step.js";

/** The graph of a training step and its session. */
export interface LoadedStep {
  readonly step: TrainingStep;
  readonly session: Session;
}

/** A step that was taken. */
export interface TakenStep {
  readonly feeds: Tensors;
  readonly results: Tensors;
  /** The total `loss` and its named parts. */
  readonly losses: Readonly<Record<string, number>>;
  /** The state after it. */
  readonly state: Tensors;
}

/**
 * Takes a training step.
 * @param at number of completed steps.
 * @throws UserError when the loss is not finite.
 */
export async function takeStep(
  { step, session }: LoadedStep,
  state: Tensors,
  batch: Tensors,
  { lr, at }: { readonly lr: number; readonly at: number },
): Promise<TakenStep> {
  const feeds = { ...state, ...scalars(adamScalars(lr, at + 1)), ...batch };
  const results = await session.run(feeds);
  return { feeds, results, losses: lossesIn(results), state: nextState(step, results) };
}

/** The outputs `loss` and `loss.NAME` as numbers by the keys "loss" and NAME. */
function lossesIn(results: Tensors): Record<string, number> {
  const found = Object.entries(results).filter(([name]) => /^loss(\.|$)/.test(name));
  const losses = Object.fromEntries(found.map(([name, { data }]) => [name.replace("loss.", ""), Number(data[0])]));
  if (Number.isFinite(losses.loss)) return losses;
  throw new UserError(
    "cannot continue training: the loss is not a finite number; lower `lr` (or `lambda`, if the objective has one) and train again",
  );
}
