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
    const key = createHash("sha256").update(`${command} ${words.join(" ")}`);
    const valuesOf = (placeholder: string): readonly string[] => {
      const earlier = stages.find((stage) => stage.name === placeholder);
      if (earlier) key.update(earlier.key);
      return earlier ? [earlier.folder] : inputOf(placeholder);
    };
    const inputOf = (placeholder: string): readonly string[] => {
      const input = inputNames.find((each) => each === placeholder);
      if (!input)
        throw new UserError(
          `the recipe ${recipe.name} says {${placeholder}} in ${name}: no input and no earlier stage`,
        );
      const values = given[input];
      if (inputs[input].needed && values.length === 0)
        throw new UserError(`the recipe ${recipe.name} needs --${input}, for "${name}"`);
      if (inputs[input].path) key.update(JSON.stringify(values.map((value) => resolve(value))));
      return values;
    };
    const args = filled(words, valuesOf);
    stages.push({ name, command, args, folder: join(out, name), key: key.digest("hex") });
  }
  return stages;
}

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
    const [whole, placeholder] = /\{([^}]*)\}/.exec(word) ?? [];
    if (whole === undefined || placeholder === undefined) args.push(word);
    else {
      const flag = args.at(-1)?.startsWith("-") ? args.splice(-1) : [];
      args.push(...valuesOf(placeholder).flatMap((value) => [...flag, word.replace(whole, () => value)]));
    }
  }
  return args;
}
