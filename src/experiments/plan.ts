import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { UserError } from "../errors.js";
import { keyOf } from "../jobs/job.js";
import { sha256OfFile } from "../platform/node/models.js";
import { named } from "../settings.js";
import { type Input, inputNames, inputs, type NamedRecipe, type RecipeStage, type SettingsTemplate } from "./recipe.js";

/** The values of each input; an empty list if none was given. */
export type Given = Readonly<Record<Input, readonly (string | number)[]>>;

/** A stage of a recipe with its settings filled in. */
export interface Stage {
  readonly name: string;
  /** Name of the command. */
  readonly command: string;
  /** All settings except the output paths. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The folder of all its outputs. */
  readonly folder: string;
  /** Hash of the settings, the inputs and the keys of the stages it uses. If it changes, the stage runs again. */
  readonly key: string;
}

/** The value of a placeholder. */
interface Meaning {
  readonly values: readonly (string | number)[];
  /** The part that enters the keys of stages. */
  readonly identity: unknown;
}

/**
 * The stages of a recipe, in order.
 * @param out folder of the stages' folders.
 * @throws UserError for an input that the recipe needs and was not given, and for an unknown placeholder.
 */
export async function planStages(recipe: NamedRecipe, given: Given, out: string): Promise<Stage[]> {
  const stages: Stage[] = [];
  for (const stage of recipe.stages) {
    const template = templateOf(recipe, stage);
    const { allowFailures: _, ...deciding } = template; // does not affect the results
    const meanings = new Map<string, Meaning>();
    for (const placeholder of placeholdersIn(template)) {
      const earlier = stages.find(({ name }) => name === placeholder);
      const meaning = earlier
        ? { values: [earlier.folder], identity: earlier.key }
        : await inputMeaning(placeholder, stage.name, recipe, given);
      meanings.set(placeholder, meaning);
    }
    const identities = [...meanings].map(([name, { identity }]) => [name, identity]);
    stages.push({
      name: stage.name,
      command: stage.command,
      settings: filled(template, (placeholder) => meanings.get(placeholder)?.values ?? []),
      folder: join(out, stage.name),
      key: keyOf([stage.command, deciding, identities]),
    });
  }
  return stages;
}

/** The shared settings of a stage, overridden by its own. */
const templateOf = (recipe: NamedRecipe, { use, settings }: RecipeStage): SettingsTemplate =>
  Object.assign({}, ...use.map((name) => recipe.let[name]), settings);

async function inputMeaning(placeholder: string, stage: string, recipe: NamedRecipe, given: Given): Promise<Meaning> {
  const input = inputNames.find((each) => each === placeholder);
  if (!input)
    throw new UserError(`the recipe ${recipe.name} has {${placeholder}} in ${stage}: no input and no earlier stage`);
  const values = given[input];
  if (inputs[input].needed && values.length === 0)
    throw new UserError(`the recipe ${recipe.name} needs ${named(input)}, for "${stage}"`);
  return { values, identity: inputs[input].path ? await Promise.all(values.map(identityOf)) : null };
}

/** The hash of a file's content; the path of a folder, because its content may be large. */
async function identityOf(path: string | number): Promise<string> {
  const isFile = await stat(String(path)).then(
    (status) => status.isFile(),
    () => false,
  );
  return isFile ? sha256OfFile(String(path)) : resolve(String(path));
}

const PLACEHOLDER = /\{([a-z][a-z0-9-]*)\}/g;

/** The placeholders anywhere in a value. */
export function placeholdersIn(value: unknown): string[] {
  if (typeof value === "string") return [...value.matchAll(PLACEHOLDER)].map(([, name = ""]) => name);
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(placeholdersIn);
  return [];
}

type ValuesOf = (placeholder: string) => readonly (string | number)[];

/** Replaces the placeholders in settings by their values. Omits settings without a value. */
const filled = (settings: SettingsTemplate, valuesOf: ValuesOf): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]) => {
      if (Array.isArray(value)) return [[key, value.flatMap((each) => replacements(each, valuesOf))]];
      const values = replacements(value, valuesOf);
      return values.length === 0 ? [] : [[key, values.length === 1 ? values[0] : values]];
    }),
  );

/** The replacements of a value: one for each value of its placeholder. */
function replacements(value: unknown, valuesOf: ValuesOf): unknown[] {
  if (typeof value === "object" && value !== null) return [filled(value as SettingsTemplate, valuesOf)];
  const [placeholder] = placeholdersIn(value);
  if (placeholder === undefined || typeof value !== "string") return [value];
  const pattern = `{${placeholder}}`;
  return valuesOf(placeholder).map((each) => (value === pattern ? each : value.replace(pattern, () => String(each))));
}
