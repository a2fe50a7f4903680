import { jaccard, normalizeLabel } from "../metrics/label-agreement.js";
import type { AddImage, StudyItems } from "./create.js";
import type { StudyItem } from "./definition.js";
import type { Skipped } from "./image-sets.js";
import type { LabelSets } from "./label-sets.js";
import { decodeOriginal, type Original, type Originals } from "./originals.js";

/** The items of a study of labels, and the images that are not used. */
export interface LabelsItems extends StudyItems {
  readonly skipped: readonly Skipped[];
  /** Number of images whose labels are the same with two systems, and left out. */
  readonly identical: number;
}

/** The labels of an attention check. */
const CHECK = { own: "own", other: "other" } as const;

/** The longest label. */
const LONGEST = 100;

interface Labelled {
  readonly original: Original;
  /** The labels of each system. */
  readonly labels: readonly (readonly string[])[];
}

/**
 * The items of a study of labels: one per original whose labels are known for all systems and differ. Attention checks are further
 * items: an original with its own labels and with those of another image, which have no label in common.
 * @param top number of labels of a set that are shown.
 * @param checks number of attention checks.
 */
export async function labelsItems(
  sets: LabelSets,
  { byName }: Originals,
  { top, checks }: { readonly top: number; readonly checks: number },
  addImage: AddImage,
): Promise<LabelsItems> {
  const { usable, skipped } = labelledImages(sets, byName, top);
  const differing = usable.filter(({ labels }) => !haveEqual(labels));
  const [regular, checking]: [StudyItem[], StudyItem[]] = [[], []];
  for (const { original, labels } of differing) {
    const image = await decodeOriginal(original);
    if (typeof image === "string") {
      skipped.push({ file: original.name, reason: image });
      continue;
    }
    const named = Object.fromEntries(sets.systems.map(({ name }, i) => [name, [...(labels[i] as string[])]]));
    regular.push({ ...base(original), kind: "labels", image: await addImage(image), labels: named });
  }
  for (const { original, own, other } of contrasts(usable, sets, top)) {
    if (checking.length >= checks) break;
    const image = await decodeOriginal(original);
    if (typeof image === "string") continue;
    const labels = { [CHECK.own]: [...own], [CHECK.other]: [...other] };
    checking.push({
      kind: "labels",
      id: `check ${original.name}`,
      check: CHECK.own,
      image: await addImage(image),
      labels,
    });
  }
  return { regular, checks: checking, skipped, identical: usable.length - differing.length };
}

const base = ({ name, truth }: Original) => ({ id: name, ...(truth && { truth }) });

/** The originals whose labels all systems have. */
function labelledImages({ systems }: LabelSets, byName: ReadonlyMap<string, Original>, top: number) {
  const skipped: Skipped[] = [];
  const usable: Labelled[] = [];
  const names = new Set([...byName.keys(), ...systems.flatMap(({ labels }) => [...labels.keys()])]);
  for (const name of [...names].sort()) {
    const original = byName.get(name);
    const missing = systems.filter(({ labels }) => !labels.has(name)).map((system) => system.name);
    if (!original) skipped.push({ file: name, reason: "there is no original of this name" });
    else if (missing.length > 0) skipped.push({ file: name, reason: `it has no labels of ${missing.join(", ")}` });
    else usable.push({ original, labels: systems.map(({ labels }) => shown(labels.get(name) as string[], top)) });
  }
  return { usable, skipped };
}

/** The first labels of a set, each once. */
function shown(labels: readonly string[], top: number): string[] {
  const seen = new Set<string>();
  return labels
    .map((label) => label.trim().slice(0, LONGEST))
    .filter((label) => {
      const key = normalizeLabel(label);
      return key !== "" && !seen.has(key) && seen.add(key);
    })
    .slice(0, top);
}

/** Whether two of the sets have the same labels in the same order. */
const haveEqual = (sets: readonly (readonly string[])[]): boolean => {
  const keys = sets.map((labels) => labels.map(normalizeLabel).join("\n"));
  return new Set(keys).size < keys.length;
};

/**
 * Images with their own labels, those of the clean image if they are known, and labels of another image that have none in common
 * with the labels of any system.
 */
function* contrasts(usable: readonly Labelled[], { clean }: LabelSets, top: number) {
  const ownOf = ({ original, labels }: Labelled) => {
    const known = clean?.get(original.name);
    return known ? shown(known, top) : (labels[0] as readonly string[]);
  };
  const open = (labels: readonly string[]) => labels.map((name) => ({ name }));
  for (const [i, image] of usable.entries()) {
    const own = ownOf(image);
    const all = [own, ...image.labels];
    // The search begins far away, so that neighbors in the order, often of one class, are tried last.
    const others = usable.map((_, step) => usable[(i + step + (usable.length >> 1)) % usable.length] as Labelled);
    const other = others
      .map(ownOf)
      .find((labels) => labels.length > 0 && all.every((set) => jaccard(open(set), open(labels)) === 0));
    if (own.length > 0 && other) yield { original: image.original, own, other };
  }
}
