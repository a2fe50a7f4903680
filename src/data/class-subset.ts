import { UserError } from "../errors.js";
import { readTextIfThere } from "../platform/node/files.js";

/**
 * Parses a selection of classes: numbers, ranges and names separated by commas ("3,7,20-29", "cat,dog", "n01440764"), or
 * the path of a file that contains such a list, separated by commas or line breaks.
 * @param classes the names of the data's classes, in the order of their indices; undefined if they are unknown
 * @throws UserError for a name or index that is not a class of the data, and for a reversed range.
 */
export async function readClasses(text: string, classes: readonly string[] | undefined): Promise<Set<number>> {
  const content = /^[\d,\s-]*$/.test(text) ? undefined : await readTextIfThere(text);
  const entries = (content ?? text).split(/[,\n]/).map((entry) => entry.trim());
  const indices = new Map(classes?.map((name, index) => [name, index]));
  return new Set(
    entries
      .filter((entry) => entry !== "")
      .flatMap((entry) => classesOf(entry, indices, content === undefined ? "" : text)),
  );
}

/** The classes of one entry: an index, a range of indices or a name. */
function classesOf(entry: string, indices: ReadonlyMap<string, number>, file: string): number[] {
  const fail = (reason: string) =>
    new UserError(`cannot select the \`classes\`${file && ` in ${file}`}: ${reason}; ${choices([...indices.keys()])}`);
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(entry) ?? [];
  if (from === undefined) {
    const index = indices.get(entry);
    if (index === undefined) throw fail(`"${entry}" is not a class of the data`);
    return [index];
  }
  const [first, last] = [Number(from), Number(to)];
  if (last < first) throw fail(`the range ${entry} is reversed`);
  if (indices.size > 0 && last >= indices.size) throw fail(`class ${last} is out of range`);
  if (last - first > MAX_RANGE) throw fail(`the range ${entry} has more than ${MAX_RANGE} classes`);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** More classes than any data set has. A longer range is a typing error. */
const MAX_RANGE = 1_000_000;

/** Number of class names that a message lists. */
const LISTED = 10;

/** The classes that can be selected, for a message. */
function choices(names: readonly string[]): string {
  if (names.length === 0) return "the data have no class names, so give indices, such as 0-4,7";
  const more = names.length > LISTED ? ", …" : "";
  return `the data have ${names.length} classes, 0 to ${names.length - 1}: ${names.slice(0, LISTED).join(", ")}${more}`;
}
