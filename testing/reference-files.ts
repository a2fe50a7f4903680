import { commands } from "../src/commands/index.js";
import { fileTitle, recipeSchema, referencePage, settingsSchema } from "../src/commands/reference.js";
import { stageCommands } from "../src/commands/reproduce.js";

const loaded = await Promise.all(commands.map(async ({ summary, load }) => ({ summary, command: await load() })));

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** The generated files of the reference by their paths in the repository: a page and a JSON Schema for each command. */
export const referenceFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ...loaded.flatMap(({ summary, command }) => {
      const title = fileTitle(command);
      return [
        [`docs/commands/${title}.md`, referencePage(summary, command)],
        [`schemas/${title}.json`, json(settingsSchema(summary, command))],
      ] as const;
    }),
    ["schemas/recipe.json", json(recipeSchema(stageCommands))] as const,
  ]);
