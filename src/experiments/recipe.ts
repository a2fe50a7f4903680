import { readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { messageOf, UserError } from "../errors.js";
import { isThere } from "../platform/node/files.js";

/** What the command line gives to a recipe, by the name of the placeholder and of the flag. */
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

const Name = z.string().regex(/^[a-z][a-z0-9-]*$/, "a name is of small letters, digits and -");

/**
 * A list of Legible's commands, each with a name. In a command `{data}` and the other inputs stand for what the command
 * line gives, with the flag before it repeated for each of several and left out for none; `{NAME}` of a stage further up
 * for the folder that it left, and `{NAME}` of `let` for the words there. Where a command writes is added to it.
 */
const Recipe = z.strictObject({
  title: z.string().min(1),
  /** What it is for and what it takes. */
  about: z.string().min(1),
  let: z.record(Name, z.string()).default({}),
  stages: z.array(z.strictObject({ name: Name, run: z.string().min(1) })).min(1),
});
export type Recipe = z.output<typeof Recipe>;

export interface NamedRecipe extends Recipe {
  /** Of its file, without the ending. */
  readonly name: string;
}

/** Recipes that are run together. */
export interface RecipeSet {
  /** How the set is called in the package, or its file or folder; without an ending. */
  readonly name: string;
  readonly recipes: readonly NamedRecipe[];
  /** Whether they are those of a folder, so that each needs a folder of its own for what it makes. */
  readonly isFolder: boolean;
}

const ENDING = ".json";
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
 * The recipe in a file, or all in a folder; what does not exist is looked for among those of the package.
 * @throws UserError when there is none or one of them is not in order.
 */
export async function findRecipes(target: string): Promise<RecipeSet> {
  const path = await existing([target, join(packaged, target), join(packaged, `${target}${ENDING}`)]);
  if (path === undefined)
    throw new UserError(`there is no recipe ${target}: give a file, a folder, or a name that --list shows`);
  const own = relative(packaged, path);
  const name = withoutEnding(own.startsWith("..") ? basename(path) : own);
  if (!(await stat(path)).isDirectory()) return { name, recipes: [await readRecipe(path)], isFolder: false };
  const files = (await readdir(path)).filter(isRecipe).sort();
  if (files.length === 0) throw new UserError(`there is no recipe (*${ENDING}) in the folder ${path}`);
  return { name, recipes: await Promise.all(files.map((file) => readRecipe(join(path, file)))), isFolder: true };
}

const isRecipe = (file: string): boolean => extname(file) === ENDING;
const withoutEnding = (file: string): string => (isRecipe(file) ? file.slice(0, -ENDING.length) : file);

async function existing(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isThere(path)) return path;
  return undefined;
}

async function readRecipe(path: string): Promise<NamedRecipe> {
  try {
    return parseRecipe(withoutEnding(basename(path)), await readFile(path, "utf8"));
  } catch (error) {
    throw new UserError(`cannot use the recipe ${path}: ${messageOf(error)}`);
  }
}

/** @throws Error that says in a sentence what is not in order. */
export function parseRecipe(name: string, text: string): NamedRecipe {
  const { data, error } = Recipe.safeParse(JSON.parse(text));
  const [issue] = error?.issues ?? [];
  if (!data) throw new Error(`${issue?.path.join(".") || "the whole"}: ${issue?.message}`);
  const names = [...inputNames, ...Object.keys(data.let), ...data.stages.map((stage) => stage.name)];
  const twice = names.find((each, i) => names.indexOf(each) !== i);
  if (twice !== undefined) throw new Error(`"${twice}" stands for two things`);
  return { name, ...data };
}
