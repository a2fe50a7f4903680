import { resolve } from "node:path";
import { UserError } from "../errors.js";
import { classAnnotation, classOf } from "./annotation.js";
import { type Dataset, openDataset, type Selection } from "./dataset.js";
import { type Item, titleOf } from "./item.js";

/** What a recognizer learns from and what it is judged on. */
export interface LabelledSets {
  readonly training: Dataset;
  /** No picture of it is in `training`; null when nothing was held out. */
  readonly heldOut: Dataset | null;
  /** Classes to tell apart: every label is below. */
  readonly classes: number;
  /** The name of each class, where something says it. */
  readonly names: readonly string[] | null;
}

export interface LabelledOptions {
  /** What is taken of the data; with a split, the other part is held out. */
  readonly selection?: Selection;
  /** Folders of pictures to judge on instead: of data sets that come in parts, the part that is not trained on. */
  readonly validation?: readonly string[];
}

/**
 * Opens pictures with classes for training, and what is held out. Classes of one name are the same in both.
 * @throws UserError when a picture has no class, all are of one class, or a picture is held out that is learned too or is
 * of a class unknown in training.
 */
export async function openLabelledSets(
  data: readonly string[],
  { selection = {}, validation = [] }: LabelledOptions = {},
): Promise<LabelledSets> {
  if (validation.length > 0 && selection.split)
    throw new UserError("held-out pictures come from --validation or from --split, not from both");
  const training = await openDataset(data, { needLabels: true, ...selection });
  const labels = new Set(training.items.map(classOf));
  if (labels.size < 2)
    throw new UserError(
      `a recognizer tells classes apart, but all ${training.items.length} training pictures in ${data.join(", ")} are of one class; ` +
        "keep one folder per class, or give classes in labels.csv",
    );
  const part = selection.part === "test" ? "train" : "test";
  const judged =
    validation.length > 0
      ? await openValidation(validation, part, training, selection)
      : selection.split && (await openDataset(data, { needLabels: true, ...selection, part }));
  if (judged) requireOthers(judged, training.items, labels);
  const names = training.classes ?? null;
  const known = 1 + Math.max(...[...labels].map((label) => label ?? 0));
  return { training, heldOut: judged ?? null, classes: Math.max(names?.length ?? 0, known), names };
}

/** Folders to judge on, their classes numbered as in training; where classes were chosen, of these alone. */
async function openValidation(
  folders: readonly string[],
  part: "train" | "test",
  training: Dataset,
  { classes: chosen }: Selection,
): Promise<Dataset> {
  const set = await openDataset(folders, { needLabels: true, part });
  const numbers = new Map(training.classes?.map((name, number) => [name, number]));
  const items = set.items.map((item) => {
    const name = training.classes && set.classes?.[classOf(item) as number];
    return name === undefined ? item : { ...item, annotation: classAnnotation(numbers.get(name) ?? numbers.size) };
  });
  const labels = new Set(training.items.map(classOf));
  return { ...set, items: chosen === undefined ? items : items.filter((item) => labels.has(classOf(item))) };
}

/** @throws UserError when a picture to judge is learned too, or is of a class that training does not show. */
function requireOthers({ items }: Dataset, learned: readonly Item[], labels: ReadonlySet<number | null>): void {
  const known = new Set(learned.map((item) => resolve(titleOf(item))));
  const same = items.find((item) => known.has(resolve(titleOf(item))));
  if (same)
    throw new UserError(
      `the held-out picture ${titleOf(same)} is among the training pictures too: move it out, or divide them by --split`,
    );
  const strange = items.find((item) => !labels.has(classOf(item)));
  if (strange)
    throw new UserError(
      `the held-out picture ${titleOf(strange)} is of class ${classOf(strange)}, which no training picture shows`,
    );
}
