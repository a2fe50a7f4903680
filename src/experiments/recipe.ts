import { readdir, stat } from "node:fs/promises";
import { basename, extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { firstLineOf, reasonsOf, UserError } from "../errors.js";
import { isThere, readText } from "../platform/node/files.js";
import { named } from "../settings.js";

/** The inputs of a recipe, by the name of the placeholder and of the setting. */
export const inputs = {
  data: { needed: true, path: true },
  evaluate: { needed: true, path: true },
  recognizer: { needed: true, path: true },
  judge: { needed: false, path: true },
  device: { needed: false, path: false },
  threads: { needed: false, path: false },
} as const;
export type Input = keyof typeof inputs;
export const inputNames = Object.keys(inputs) as Input[];

const Name = z.string().regex(/^[a-z][a-z0-9-]*$/, "a name consists of lowercase letters, digits and -");

const Settings = z.record(z.string(), z.unknown());
/** Settings in which `{NAME}` stands for an input or for the folder of an earlier stage. */
export type SettingsTemplate = Readonly<Record<string, unknown>>;

const Stage = z.strictObject({
  name: Name,
  command: z.string().describe("the command that the stage runs"),
  use: z.array(Name).default([]).describe("names of `let` whose settings the stage shares"),
  settings: Settings.default({}).describe("settings of the command; they win over shared ones"),
});
export type RecipeStage = z.output<typeof Stage>;

/**
 * A recipe: named stages, each a command with settings. In settings, `{data}` and the names of the other inputs are
 * replaced by the inputs of `reproduce`: a list gets one element for each value. `{NAME}` is replaced by the folder of the
 * earlier stage NAME. `reproduce` adds the output paths.
 */
export const Recipe = z.strictObject({
  $schema: z.string().optional().describe("path of the recipes' JSON Schema, for editors"),
  title: z.string().min(1),
  about: z.string().min(1).describe("what it is for and what it needs"),
  let: z.record(Name, Settings).default({}).describe("settings that stages share, by name"),
  stages: z.array(Stage).min(1),
});
export type Recipe = z.output<typeof Recipe>;

export interface NamedRecipe extends Recipe {
  /** The name of its file, without the extension. */
  readonly name: string;
}

/** Recipes that are run together. */
export interface RecipeSet {
  /** Its name in the package, or its file or folder; without the extension. */
  readonly name: string;
  readonly recipes: readonly NamedRecipe[];
  /** Whether they come from a folder. Then each recipe gets an output folder of its own. */
  readonly isFolder: boolean;
}

const ENDINGS = [".json", ".yaml", ".yml"];
const packaged = fileURLToPath(new URL("../../../recipes/", import.meta.url));

/** The recipes that come with the package, in order: "imagenet/sr", …. */
export async function packagedRecipes(): Promise<RecipeSet[]> {
  const files = (await readdir(packaged, { recursive: true })).filter(isRecipe).sort();
  return Promise.all(
    files.map(async (file) => ({
      name: withoutEnding(file).split(sep).join("/"),
      recipes: [await readRecipe(join(packaged, file))],
      isFolder: false,
    })),
  );
}

/**
 * Reads the recipe in a file, or all recipes in a folder. If the path does not exist, it is the name of a packaged recipe.
 * @throws UserError when there is none, or one is not valid.
 */
export async function findRecipes(target: string): Promise<RecipeSet> {
  const path = await existing([target, join(packaged, target), join(packaged, `${target}.json`)]);
  if (path === undefined)
    throw new UserError(
      `there is no recipe ${target}: give a file, a folder, or the name of a packaged recipe (${named("list")} prints them)`,
    );
  const own = relative(packaged, path);
  const name = withoutEnding(own.startsWith("..") ? basename(path) : own);
  if (!(await stat(path)).isDirectory()) return { name, recipes: [await readRecipe(path)], isFolder: false };
  const files = (await readdir(path)).filter(isRecipe).sort();
  if (files.length === 0)
    throw new UserError(
      `there is no recipe (${ENDINGS.map((ending) => `*${ending}`).join(", ")}) in the folder ${path}`,
    );
  const twice = files.find((file, i) => i > 0 && withoutEnding(file) === withoutEnding(files[i - 1] as string));
  if (twice !== undefined)
    throw new UserError(`two recipes in the folder ${path} are named "${withoutEnding(twice)}": rename one file`);
  return { name, recipes: await Promise.all(files.map((file) => readRecipe(join(path, file)))), isFolder: true };
}

const isRecipe = (file: string): boolean => ENDINGS.includes(extname(file));
const withoutEnding = (file: string): string => (isRecipe(file) ? file.slice(0, -extname(file).length) : file);

async function existing(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isThere(path)) return path;
  return undefined;
}

async function readRecipe(path: string): Promise<NamedRecipe> {
  try {
    const text = await readText(path);
    const content =
      extname(path) === ".json" ? JSON.parse(text) : parseYaml(text, { maxAliasCount: 100, logLevel: "error" });
    return parseRecipe(withoutEnding(basename(path)), content);
  } catch (error) {
    throw new UserError(`cannot use the recipe ${path}: ${firstLineOf(error)}`);
  }
}

/** @param content of the file. @throws Error with one sentence about the first mistake. */
export function parseRecipe(name: string, content: unknown): NamedRecipe {
  const { data, error } = Recipe.safeParse(content);
  if (!data) {
    const issues = error.issues.slice(0, 1);
    throw new Error(`${issues[0]?.path.length === 0 ? "the whole: " : ""}${reasonsOf({ issues })}`);
  }
  const names = [...inputNames, ...data.stages.map((stage) => stage.name)];
  const twice = names.find((each, i) => names.indexOf(each) !== i);
  if (twice !== undefined) throw new Error(`"${twice}" is the name of two things`);
  const unknown = data.stages.flatMap(({ use }) => use).find((each) => !(each in data.let));
  if (unknown !== undefined) throw new Error(`a stage uses "${unknown}", which is not in let`);
  return { name, ...data };
}
