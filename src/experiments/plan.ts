import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { UserError } from "../errors.js";
import { type Input, inputNames, inputs, type NamedRecipe } from "./recipe.js";

/** What stands for each input; none where nothing was given. */
export type Given = Readonly<Record<Input, readonly string[]>>;

/** A command of a recipe with everything filled in. */
export interface Stage {
  readonly name: string;
  /** The command's name. */
  readonly command: string;
  /** What follows it, but for where it writes. */
  readonly args: readonly string[];
  /** Where all it makes belongs. */
  readonly folder: string;
  /** Another one when it has to be done again: when its words, what it is given, or a stage that it builds on change. */
  readonly key: string;
}

/**
 * The stages of a recipe, in order.
 * @param out folder whose folders are the stages'.
 * @throws UserError for an input that the recipe needs and was not given, and for a placeholder that stands for nothing.
 */
export function planned(recipe: NamedRecipe, given: Given, out: string): Stage[] {
  const stages: Stage[] = [];
  for (const { name, run } of recipe.stages) {
    const [command = "", ...words] = wordsOf(run, recipe.let);
    const meaningOf = (placeholder: string): Meaning => {
      const earlier = stages.find((stage) => stage.name === placeholder);
      return earlier
        ? { values: [earlier.folder], decides: earlier.key }
        : inputMeaning(placeholder, name, recipe, given);
    };
    const meanings = new Map(words.flatMap(placeholdersIn).map((each) => [each, meaningOf(each)]));
    const args = filled(words, (placeholder) => meanings.get(placeholder)?.values ?? []);
    const decides = [command, words, [...meanings.values()].map((meaning) => meaning.decides)];
    const key = createHash("sha256").update(JSON.stringify(decides)).digest("hex");
    stages.push({ name, command, args, folder: join(out, name), key });
  }
  return stages;
}

/** What a placeholder stands for. */
interface Meaning {
  readonly values: readonly string[];
  /** What of it decides whether a stage has to be done again. */
  readonly decides: string | readonly string[] | null;
}

function inputMeaning(placeholder: string, stage: string, recipe: NamedRecipe, given: Given): Meaning {
  const input = inputNames.find((each) => each === placeholder);
  if (!input)
    throw new UserError(`the recipe ${recipe.name} says {${placeholder}} in ${stage}: no input and no earlier stage`);
  const values = given[input];
  if (inputs[input].needed && values.length === 0)
    throw new UserError(`the recipe ${recipe.name} needs --${input}, for "${stage}"`);
  return { values, decides: inputs[input].path ? values.map((value) => resolve(value)) : null };
}

const placeholdersIn = (word: string): string[] => [...word.matchAll(/\{([^}]*)\}/g)].map(([, name = ""]) => name);

/** The words of a command, with what `let` says in place of its names. */
const wordsOf = (text: string, words: Readonly<Record<string, string>>): string[] =>
  split(text).flatMap((word) => {
    const stands = words[/^\{(.*)\}$/.exec(word)?.[1] ?? ""];
    return stands === undefined ? [word] : split(stands);
  });

const split = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

/** The words with values for placeholders: a flag and its placeholder become as many pairs as there are values. */
function filled(words: readonly string[], valuesOf: (placeholder: string) => readonly string[]): string[] {
  const args: string[] = [];
  for (const word of words) {
    const [placeholder] = placeholdersIn(word);
    if (placeholder === undefined) args.push(word);
    else {
      const flag = args.at(-1)?.startsWith("-") ? args.splice(-1) : [];
      args.push(...valuesOf(placeholder).flatMap((value) => [...flag, word.replace(`{${placeholder}}`, () => value)]));
    }
  }
  return args;
}
