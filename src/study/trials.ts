import type { AssignedTrial } from "./assignment.js";
import type { Choice, StudyDefinition, StudyItem } from "./definition.js";
import { isAccepted } from "./names.js";
import type { Answer, Trial } from "./protocol.js";

/** A trial as the page shows it: without the names of systems. */
export function shownTrial({ trial, item, left, right }: AssignedTrial, { exposure }: StudyDefinition): Trial {
  if (item.kind === "naming") {
    const { kind, images, choices } = item;
    return { trial, kind, image: images[left] as string, exposure, ...(choices && { choices }) };
  }
  const of = <T>(sides: Readonly<Record<string, T>>) => ({
    left: sides[left] as T,
    right: sides[right as string] as T,
  });
  if (item.kind === "quality") return { trial, kind: item.kind, ...of(item.images) };
  return { trial, kind: item.kind, image: item.image, ...of(item.labels) };
}

/** Why an answer does not fit its trial; undefined if it does. */
export function misfit({ choice, name, exposure }: Answer, { kind, ...item }: StudyItem): string | undefined {
  if (kind !== "naming") {
    if (exposure !== undefined) return "this trial has no exposure";
    if (kind === "quality" && choice === "neither") return "this trial has no choice of that name";
    if (name !== undefined) return "this trial is answered by a choice, not by a name";
    return choice === undefined ? "the answer has no choice" : undefined;
  }
  if (choice !== undefined) return "this trial is answered by a name, not by a choice";
  if (name === undefined) return "the answer has no name";
  const choices = "choices" in item ? item.choices : undefined;
  return choices && !choices.includes(name) ? "the name is not one of the choices" : undefined;
}

/** The system that a choice means; null: a tie, neither or a name. */
export const chosenSystem = ({ left, right }: AssignedTrial, choice: Choice | null): string | null =>
  choice === "left" ? left : choice === "right" ? right : null;

/** Whether an answer is right; null: the trial has no right answer. */
export function isCorrect(trial: AssignedTrial, chosen: string | null, name: string | null): boolean | null {
  const { item } = trial;
  if (item.kind === "naming") return name !== null && isAccepted(name, item.accepted);
  return item.check === undefined ? null : chosen === item.check;
}
