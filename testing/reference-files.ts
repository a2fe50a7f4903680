import { loadCommands } from "../src/commands/index.js";
import { fileTitle, recipeSchema, referencePage, settingsSchema } from "../src/commands/reference.js";
import { stageCommands } from "../src/commands/reproduce.js";

const commands = await loadCommands();

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** The generated files of the reference by their paths in the repository: a page and a JSON Schema for each command. */
export const referenceFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ...commands.map((command) => [`docs/commands/${fileTitle(command)}.md`, referencePage(command)] as const),
    ...commands.map((command) => [`schemas/${fileTitle(command)}.json`, json(settingsSchema(command))] as const),
    ["schemas/recipe.json", json(recipeSchema(stageCommands))] as const,
  ]);
