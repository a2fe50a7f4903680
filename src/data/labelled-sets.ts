import { resolve } from "node:path";
import { UserError } from "../errors.js";
import { classAnnotation, classOf } from "./annotation.js";
import { type Dataset, openDataset, otherPart, type Selection } from "./dataset.js";
import { type Item, titleOf } from "./item.js";

/** The training set and the held-out set of a recognizer. */
export interface LabelledSets {
  readonly training: Dataset;
  /** Shares no image with `training`; null if no images are held out. */
  readonly heldOut: Dataset | null;
  /** Number of classes: every label is below it. */
  readonly classes: number;
  /** The name of each class; null if the data define none. */
  readonly names: readonly string[] | null;
}

/** Options of `openLabelledSets`. */
export interface LabelledOptions {
  /** Images to train on. With a split, its other part is held out. */
  readonly selection?: Selection;
  /** Folders of held-out images, instead of a split. Of data sets that have parts, the part not trained on is used. */
  readonly validation?: readonly string[];
}

/**
 * Opens the training images and the held-out images of a recognizer. Classes with the same name are the same in both.
 * @throws UserError when an image has no class, all training images have the same class, or a held-out image is also a
 * training image or has a class without training images.
 */
export async function openLabelledSets(
  data: readonly string[],
  { selection = {}, validation = [] }: LabelledOptions = {},
): Promise<LabelledSets> {
  if (validation.length > 0 && selection.split)
    throw new UserError("cannot hold out images with both `validation` and `split`: give only one of them");
  const training = await openDataset(data, { needLabels: true, ...selection });
  const labels = new Set(training.items.map(classOf));
  if (labels.size < 2)
    throw new UserError(
      `cannot train a recognizer on one class: all ${training.items.length} training images in ${data.join(", ")} have the same class; ` +
        "use one subfolder per class, or list classes in labels.csv",
    );
  const heldOut =
    validation.length > 0
      ? await openValidation(validation, training, selection)
      : selection.split && (await openDataset(data, { needLabels: true, ...otherPart(selection) }));
  if (heldOut) requireDisjoint(heldOut, training.items, labels);
  const names = training.classes ?? null;
  const known = 1 + Math.max(...[...labels].map((label) => label ?? 0));
  return { training, heldOut: heldOut ?? null, classes: Math.max(names?.length ?? 0, known), names };
}

/** Opens held-out folders with classes numbered as in training, reduced to the selected classes if there are any. */
async function openValidation(folders: readonly string[], training: Dataset, selection: Selection): Promise<Dataset> {
  const { usualPart } = otherPart(selection);
  const set = await openDataset(folders, { needLabels: true, usualPart });
  const numbers = new Map(training.classes?.map((name, number) => [name, number]));
  const items = set.items.map((item) => {
    const name = training.classes && set.classes?.[classOf(item) as number];
    return name === undefined ? item : { ...item, annotation: classAnnotation(numbers.get(name) ?? numbers.size) };
  });
  const labels = new Set(training.items.map(classOf));
  return { ...set, items: selection.classes === undefined ? items : items.filter((item) => labels.has(classOf(item))) };
}

/** @throws UserError when a held-out image is also a training image, or has a class without training images. */
function requireDisjoint({ items }: Dataset, training: readonly Item[], labels: ReadonlySet<number | null>): void {
  const titles = new Set(training.map((item) => resolve(titleOf(item))));
  const shared = items.find((item) => titles.has(resolve(titleOf(item))));
  if (shared)
    throw new UserError(
      `cannot hold out ${titleOf(shared)}: it is also a training image; remove it from one set, or use \`split\``,
    );
  const strange = items.find((item) => !labels.has(classOf(item)));
  if (strange)
    throw new UserError(
      `cannot hold out ${titleOf(strange)}: no training image has its class ${classOf(strange)}; add some, or remove it`,
    );
}
