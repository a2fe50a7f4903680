import { resolve } from "node:path";
import { type Dataset, openDataset, otherPart, type Selection } from "../data/dataset.js";
import { type Item, titleOf } from "../data/item.js";
import { UserError } from "../errors.js";
import { named } from "../settings.js";

/** The training images and the held-out images of a detector, with boxes. */
export interface DetectionSets {
  readonly training: Dataset;
  /** Shares no image with `training`; null if no images are held out. */
  readonly heldOut: Dataset | null;
  /** The name of each class. */
  readonly names: readonly string[];
}

/** Options of `openDetectionSets`. */
export interface DetectionSetOptions {
  /** Images to train on. With a split, its other part is held out. */
  readonly selection?: Selection;
  /** Folders of held-out images, instead of a split. Of data sets that have parts, the part not trained on is used. */
  readonly validation?: readonly string[];
}

/**
 * Opens the training images and the held-out images of a detector.
 * @throws UserError when an image has no boxes, no object is annotated, or a held-out image is also a training image.
 */
export async function openDetectionSets(
  data: readonly string[],
  { selection = {}, validation = [] }: DetectionSetOptions = {},
): Promise<DetectionSets> {
  if (validation.length > 0 && selection.split)
    throw new UserError(
      `cannot hold out images with both ${named("validation")} and ${named("split")}: give only one of them`,
    );
  const kind = { annotations: "boxes", needLabels: false } as const;
  const training = await openDataset(data, { ...selection, ...kind });
  requireObjects(training);
  const others = otherPart(selection);
  const heldOut =
    validation.length > 0
      ? await openDataset(validation, { usualPart: others.usualPart, ...kind })
      : selection.split && (await openDataset(data, { ...others, ...kind }));
  if (heldOut) requireDisjoint(heldOut.items, training.items);
  return { training, heldOut: heldOut ?? null, names: namesOf(training) };
}

/** The names of the classes; numbers where the data define none. */
function namesOf({ classes, items }: Dataset): readonly string[] {
  const count = items.reduce((most, item) => boxesOf(item).reduce((m, box) => Math.max(m, box.class + 1), most), 0);
  return classes ?? Array.from({ length: count }, (_, i) => String(i));
}

const boxesOf = ({ annotation }: Item) => (annotation.kind === "boxes" ? annotation.boxes : []);

/** @throws UserError when no image has an object. */
function requireObjects({ items, folders }: Dataset): void {
  const bare = items.find(({ annotation }) => annotation.kind !== "boxes");
  if (bare) throw new UserError(`cannot train a detector on ${titleOf(bare)}: it has no boxes`);
  if (items.every((item) => boxesOf(item).length === 0))
    throw new UserError(
      `cannot train a detector on ${folders.join(", ")}: no object is annotated in ${items.length} images`,
    );
}

/** @throws UserError when a held-out image is also a training image. */
function requireDisjoint(heldOut: readonly Item[], training: readonly Item[]): void {
  const titles = new Set(training.map((item) => resolve(titleOf(item))));
  const shared = heldOut.find((item) => titles.has(resolve(titleOf(item))));
  if (shared)
    throw new UserError(
      `cannot hold out ${titleOf(shared)}: it is also a training image; remove it from one set, or use ${named("split")}`,
    );
}
