import { randomAt, shuffled } from "../random.js";
import { firstLemmaOf, lemmasOf } from "../recognition/synonyms.js";
import type { AddImage, StudyItems } from "./create.js";
import type { StudyItem } from "./definition.js";
import { decodeSet, findImageSets, type Skipped, type SystemFolder } from "./image-sets.js";
import { decodeOriginal, type Original, type Originals } from "./originals.js";

/** The items of a study of naming, and the images that are not used. */
export interface NamingItems extends StudyItems {
  readonly skipped: readonly Skipped[];
  readonly identical: 0;
}

/** The system of an attention check: the original. */
const ORIGINAL = "original";

/** The longest name. */
const LONGEST = 100;

/** What participants name, and how. */
interface NamingOptions {
  /** Names to choose from; undefined: participants type a name. */
  readonly choices?: number | undefined;
  /** Number of attention checks. */
  readonly checks: number;
  readonly seed: number;
}

/**
 * The items of a study of naming: one per image that all systems have and whose original has a class. Attention checks are further
 * items: originals, shown as the other images are. They are no items themselves, because who has seen an original recognizes its
 * results.
 * @throws UserError when a folder cannot be read.
 */
export async function namingItems(
  systems: readonly SystemFolder[],
  originals: Originals,
  options: NamingOptions,
  addImage: AddImage,
): Promise<NamingItems> {
  const { sets, skipped: missing } = await findImageSets(systems);
  const skipped = [...missing];
  const regular: StudyItem[] = [];
  const classes = classNamesIn(originals);
  const checked = originalsToCheck(originals, new Set(sets.map(({ name }) => name)), options);
  for (const { name, paths } of sets.filter((set) => !checked.some((original) => original.name === set.name))) {
    const original = originals.byName.get(name);
    const images = original?.className === undefined ? "its original has no class" : await decodeSet(paths);
    if (typeof images === "string") {
      skipped.push({ file: name, reason: images });
      continue;
    }
    const names: Record<string, string> = {};
    for (const [i, image] of images.entries()) names[(systems[i] as SystemFolder).name] = await addImage(image);
    regular.push(itemOf(original as Original, name, names, classes, options, regular.length));
  }
  const checks = await checkItems(checked, classes, options, addImage);
  return { regular, checks, skipped, identical: 0 };
}

/** The names of the classes of the originals, each once. */
const classNamesIn = ({ byName }: Originals): string[] =>
  [
    ...new Set([...byName.values()].flatMap(({ className }) => (className === undefined ? [] : shownName(className)))),
  ].sort();

/** A class's name for people. */
const shownName = (className: string): string => firstLemmaOf(className).replaceAll("_", " ").slice(0, LONGEST);

function itemOf(
  { className = "", truth }: Original,
  id: string,
  images: Record<string, string>,
  classes: readonly string[],
  { choices, seed }: NamingOptions,
  index: number,
): Extract<StudyItem, { kind: "naming" }> {
  const right = shownName(className);
  const accepted = lemmasOf(className)
    .split(/[,;]/)
    .map((name) => name.replaceAll("_", " ").trim().slice(0, LONGEST))
    .filter((name) => name !== "");
  return {
    ...{ kind: "naming", id, images, ...(truth && { truth }) },
    ...(choices !== undefined && { choices: choicesFor(right, classes, choices, seed, index) }),
    accepted: [...new Set([right, ...(choices === undefined ? accepted : [])])],
  };
}

/** The right name and random others, in alphabetical order. */
function choicesFor(right: string, classes: readonly string[], count: number, seed: number, index: number): string[] {
  const random = randomAt(seed, index);
  const others = classes.filter((name) => name !== right);
  const chosen = [right];
  while (chosen.length < count && others.length > 0) chosen.push(...others.splice(random.integer(others.length), 1));
  return chosen.sort();
}

/** Originals for the attention checks: first those without results, then random ones. */
function originalsToCheck(
  { byName }: Originals,
  withResults: ReadonlySet<string>,
  { checks, seed }: NamingOptions,
): Original[] {
  const known = [...byName.values()].filter(({ className }) => className !== undefined);
  const random = [...shuffled(known.length, seed, 0)].map((index) => known[index] as Original);
  const free = random.filter(({ name }) => !withResults.has(name));
  return [...free, ...random.filter(({ name }) => withResults.has(name))].slice(0, checks);
}

async function checkItems(
  originals: readonly Original[],
  classes: readonly string[],
  options: NamingOptions,
  addImage: AddImage,
): Promise<StudyItem[]> {
  const items: StudyItem[] = [];
  for (const original of originals) {
    const image = await decodeOriginal(original);
    if (typeof image === "string") continue;
    const images = { [ORIGINAL]: await addImage(image) };
    items.push({
      ...itemOf(original, `check ${original.name}`, images, classes, options, -1 - items.length),
      check: true,
    });
  }
  return items;
}
