import { UserError } from "../errors.js";
import { readTextIfThere } from "../platform/node/files.js";

/**
 * The classes that a text asks for: numbers, ranges and names with commas between them ("3,7,20-29", "cat,dog",
 * "n01440764"), or a file that holds such, also one a line.
 * @param classes what the data's classes are called, from class 0 on; undefined where nothing says it
 * @throws UserError for a name or number that is none of the data's classes, and for a range that runs backwards.
 */
export async function readClasses(text: string, classes: readonly string[] | undefined): Promise<Set<number>> {
  const content = /^[\d,\s-]*$/.test(text) ? undefined : await readTextIfThere(text);
  const words = (content ?? text).split(/[,\n]/).map((word) => word.trim());
  const indices = new Map(classes?.map((name, index) => [name, index]));
  return new Set(
    words.filter((word) => word !== "").flatMap((word) => numbersOf(word, indices, content === undefined ? "" : text)),
  );
}

function numbersOf(word: string, indices: ReadonlyMap<string, number>, file: string): number[] {
  const fail = (reason: string) =>
    new UserError(
      `cannot choose the classes${file && ` that ${file} lists`}: ${reason}; ${known([...indices.keys()])}`,
    );
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(word) ?? [];
  if (from === undefined) {
    const index = indices.get(word);
    if (index === undefined) throw fail(`"${word}" is no class of the data`);
    return [index];
  }
  const [first, last] = [Number(from), Number(to)];
  if (last < first) throw fail(`the range ${word} runs backwards`);
  if (indices.size > 0 && last >= indices.size) throw fail(`there is no class ${last}`);
  if (last - first > MOST) throw fail(`the range ${word} is of more than ${MOST} classes`);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** More classes than any data set has; a longer range is a slip of the keys. */
const MOST = 1_000_000;

/** Names shown in a message. */
const SHOWN = 10;

function known(names: readonly string[]): string {
  if (names.length === 0) return "give numbers, such as 0-4,7: nothing says what the classes are called";
  const more = names.length > SHOWN ? ", …" : "";
  return `there are ${names.length}, from 0 to ${names.length - 1}: ${names.slice(0, SHOWN).join(", ")}${more}`;
}
