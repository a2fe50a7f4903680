import { imagenetClasses } from "../data/imagenet.js";
import { imagenetLemmas } from "../data/imagenet-lemmas.js";
import { parseCsv } from "../data/labels.js";
import { UserError } from "../errors.js";
import { normalizeLabel } from "../metrics/label-agreement.js";
import { readTextIfThere } from "../platform/node/files.js";
import { excerpt } from "../printable.js";

/** Normalized names that mean a class: see `normalizeLabel`. */
export type Synonyms = ReadonlySet<string>;

/**
 * The names of a class from a name as data sets and recognizers write it: a WordNet identifier of ImageNet-1k (its lemmas in
 * WordNet 3.0), or one name or several with commas or semicolons between them.
 * @example
 * synonymsOf("n01484850"); // great white shark, white shark, man eater, man eating shark, carcharodon carcharia
 * synonymsOf("tiger_shark"); // tiger shark
 */
export const synonymsOf = (className: string): Synonyms => normalizedNames(lemmasOf(className));

/** A class's names for people: the lemmas of a WordNet identifier of ImageNet-1k, otherwise the name itself. */
export function lemmasOf(className: string): string {
  const index = imagenetClasses.get(className.trim());
  return index === undefined ? className : (imagenetLemmas[index] as string);
}

/** The first of a class's names: "tench" of "tench, Tinca tinca" and of "n01440764". */
export const firstLemmaOf = (className: string): string => separated(lemmasOf(className))[0] ?? className;

const separated = (names: string): string[] =>
  names
    .split(/[,;]/)
    .map((name) => name.trim())
    .filter((name) => name !== "");

const normalizedNames = (names: string): Set<string> =>
  new Set(
    separated(names)
      .map(normalizeLabel)
      .filter((name) => name !== ""),
  );

/**
 * The synonyms of classes by index.
 * @param classNames the name of each class: see `synonymsOf`.
 * @param overrides classes whose synonyms replace those of their name: see `readSynonyms`.
 * @returns the synonyms of a class; empty for a class without a name.
 */
export function synonymTable(
  classNames: readonly string[],
  overrides: ReadonlyMap<number, Synonyms> = new Map(),
): (classIndex: number) => Synonyms {
  const known = classNames.map(synonymsOf);
  return (index) => overrides.get(index) ?? known[index] ?? new Set();
}

/**
 * Reads a CSV file with the columns `class_index` (0, 1, …) and `synonyms` (names with commas or semicolons between them; a field
 * with commas is quoted). Several rows of a class add up.
 * @returns the synonyms of the listed classes.
 * @throws UserError when the file is missing, a column is missing, an index is no whole number, or a class has no synonym.
 */
export async function readSynonyms(path: string): Promise<ReadonlyMap<number, Synonyms>> {
  const text = await readTextIfThere(path);
  if (text === undefined) throw new UserError(`cannot read the synonyms ${path}: no such file or folder`);
  const { header, rows } = parseCsv(text, path);
  const [indexColumn, namesColumn] = [header.indexOf("class_index"), header.indexOf("synonyms")];
  if (indexColumn < 0 || namesColumn < 0)
    throw new UserError(
      `cannot read the synonyms ${path}: its columns are ${excerpt(header.join(", ")) || "missing"}; expected columns: class_index, synonyms`,
    );
  const table = new Map<number, Set<string>>();
  for (const { fields, line } of rows) {
    const [index = "", names = ""] = [fields[indexColumn], fields[namesColumn]];
    const found = normalizedNames(names);
    const problem = !/^\d{1,9}$/.test(index)
      ? `the class index is "${excerpt(index)}"; expected a whole number of 0 or more`
      : found.size === 0
        ? `class ${index} has no synonym`
        : undefined;
    if (problem !== undefined) throw new UserError(`cannot read the synonyms ${path}: in line ${line} ${problem}`);
    table.set(Number(index), new Set([...(table.get(Number(index)) ?? []), ...found]));
  }
  return table;
}
