import { basename, dirname, relative, sep } from "node:path";
import { UserError } from "../errors.js";
import { type Dataset, type Item, openDataset } from "./dataset.js";
import { wnids } from "./imagenet.js";
import { shuffled } from "./random.js";

/** What a recognizer learns from and what it is judged on. */
export interface LabelledSets {
  readonly training: Dataset;
  /** No picture of it is in `training`; null when nothing was held out. */
  readonly heldOut: Dataset | null;
  /** Classes to tell apart: every label is below. */
  readonly classes: number;
  /** The name of each class, where folders or ImageNet say it. */
  readonly names: readonly string[] | null;
}

export interface HeldOut {
  /** Folders of pictures to judge on. */
  readonly validation: readonly string[];
  /** Share of the training pictures that is held out instead, 0 to 1. */
  readonly split: number;
  /** Decides which. */
  readonly seed: number;
}

/**
 * Opens folders of pictures with classes for training, and what is held out. The names of class folders mean the same in all.
 * @throws UserError when a picture has no class, all are of one class, or nothing or a class unknown in training is held out.
 */
export async function openLabelledSets(data: readonly string[], options: HeldOut): Promise<LabelledSets> {
  const { validation, split } = options;
  if (validation.length > 0 && split > 0)
    throw new UserError("held-out pictures come from --validation or from --validation-split, not from both");
  const nested = validation.find((folder) => data.some((other) => isInside(folder, other)));
  if (nested !== undefined)
    throw new UserError(
      `the held-out folder ${nested} lies in a training folder: move it out, so that it is not learned`,
    );
  const all = await openDataset([...data, ...validation], { needLabels: true });
  const isHeldOut = ({ path }: Item) => validation.some((folder) => isInside(path, folder));
  const [items, judged] = split > 0 ? divided(all.items, options) : parted(all.items, isHeldOut);
  requireClasses(items, judged, data);
  const names = namesOf(all.items);
  const known = 1 + Math.max(...items.map(({ label }) => label ?? 0));
  return {
    training: { ...all, folders: data, items },
    heldOut: judged.length > 0 ? { ...all, folders: split > 0 ? data : validation, items: judged } : null,
    classes: names?.length ?? known,
    names,
  };
}

const isInside = (path: string, folder: string): boolean => {
  const [first] = relative(folder, path).split(sep);
  return first !== "..";
};

const parted = (items: readonly Item[], picked: (item: Item) => boolean): [rest: Item[], picked: Item[]] => [
  items.filter((item) => !picked(item)),
  items.filter(picked),
];

/** Holds out a share of the pictures, drawn at random; both parts keep their order. */
function divided(items: readonly Item[], { split, seed }: HeldOut): [rest: Item[], picked: Item[]] {
  const count = Math.round(items.length * split);
  if (count === 0 || count === items.length)
    throw new UserError(
      `--validation-split ${split} holds ${count} of ${items.length} pictures out: give a share that leaves some on both sides`,
    );
  const picked = new Set(shuffled(items.length, seed, -1).subarray(0, count));
  const [rest, drawn]: [Item[], Item[]] = [[], []];
  for (const [i, item] of items.entries()) (picked.has(i) ? drawn : rest).push(item);
  return [rest, drawn];
}

function requireClasses(training: readonly Item[], heldOut: readonly Item[], data: readonly string[]): void {
  const labels = new Set(training.map(({ label }) => label));
  if (labels.size < 2)
    throw new UserError(
      `a recognizer tells classes apart, but all ${training.length} training pictures in ${data.join(", ")} are of one class; ` +
        "keep one folder per class, or give classes in labels.csv",
    );
  const strange = heldOut.find(({ label }) => !labels.has(label));
  if (strange)
    throw new UserError(
      `the held-out picture ${strange.path} is of class ${strange.label}, which no training picture shows`,
    );
}

/** The folders that pictures lie in, where each class has one of its own; all thousand names where they are ImageNet's. */
function namesOf(items: readonly Item[]): readonly string[] | null {
  const names = new Map<number, string>();
  for (const { path, label } of items) {
    const name = basename(dirname(path));
    if (label === null || (names.get(label) ?? name) !== name) return null;
    names.set(label, name);
  }
  if ([...names].every(([label, name]) => wnids[label] === name)) return wnids;
  const inOrder = Array.from({ length: names.size }, (_, label) => names.get(label));
  const distinct = new Set(inOrder).size === names.size && !inOrder.includes(undefined);
  return distinct ? (inOrder as string[]) : null;
}
