import type { z } from "zod";
import { Recipe } from "../experiments/recipe.js";
import type { Command } from "./command.js";
import { type Flag, flagsOf, jsonSchemaOf } from "./flags.js";

/** The title of a command's files: its page, its JSON Schema. */
export const fileTitle = ({ name }: Pick<Command, "name">): string => name.replaceAll(" ", "-");

/** The reference page of a command, as Markdown. */
export function referencePage(summary: string, { name, settings, notes, examples }: Command): string {
  const flags = flagsOf(settings);
  const usage = flags.filter(({ position }) => position !== undefined).map((flag) => ` <${flag.placeholder}>`);
  return [
    `# legible ${name}`,
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    `\`\`\`\nlegible ${name}${usage.join("")} [options]\n\`\`\``,
    `Settings in a file (\`--config FILE\`, JSON or YAML) and in a recipe have the names of the second column; ` +
      `[schemas/${fileTitle({ name })}.json](../../schemas/${fileTitle({ name })}.json) describes them for editors. \`--print-config\` prints them with defaults.`,
    table(flags),
    ...(notes === undefined ? [] : ["## Notes", `\`\`\`text\n${notes}\n\`\`\``]),
    "## Examples",
    `\`\`\`\n${examples.join("\n")}\n\`\`\``,
  ]
    .join("\n\n")
    .concat("\n");
}

function table(flags: readonly Flag[]): string {
  const rows = flags.map((flag) => {
    const notes = [
      flag.description,
      ...(flag.choices.length > 0 ? [`Choices: ${flag.choices.map((choice) => `\`${choice}\``).join(", ")}.`] : []),
    ];
    const fallback = flag.required ? "required" : flag.default === undefined ? "" : `\`${flag.default}\``;
    return `| ${flagText(flag)} | \`${flag.key}\` | ${notes.join(" ").replaceAll("|", "\\|")} | ${fallback} |`;
  });
  return ["| flag | setting | meaning | default |", "|---|---|---|---|", ...rows].join("\n");
}

function flagText({ name, short, kind, placeholder, position, default: fallback }: Flag): string {
  if (position !== undefined) return `\`<${placeholder.replaceAll("|", "\\|")}>\``;
  if (kind === "switch") return fallback === true ? `\`--no-${name}\`` : `\`--${name}\``;
  const dashes = short === undefined ? "" : `\`-${short}\`, `;
  return `${dashes}\`--${name} ${placeholder.replaceAll("|", "\\|")}\``;
}

/** Keys that describe flags only. */
const flagKeys = new Set(["placeholder", "short", "position"]);

/** The JSON Schema of a command's settings, for editors. */
export const settingsSchema = (summary: string, { name, settings }: Command): object => ({
  ...(withoutFlagKeys(jsonSchemaOf(settings)) as object),
  title: `settings of legible ${name}`,
  description: summary,
});

/** The JSON Schema of recipes; a stage's settings are those of its command. */
export function recipeSchema(stages: readonly Command[]): object {
  const schema = withoutFlagKeys(jsonSchemaOf(Recipe as z.ZodType)) as RecipeJsonSchema;
  schema.properties.stages.items.properties.command.enum = stages.map(({ name }) => name);
  return { ...schema, title: "a recipe of legible reproduce" };
}

/** The part of the recipes' JSON Schema that describes the command of a stage. */
interface RecipeJsonSchema {
  properties: { stages: { items: { properties: { command: { enum?: readonly string[] } } } } };
}

function withoutFlagKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutFlagKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !flagKeys.has(key));
  return Object.fromEntries(entries.map(([key, each]) => [key, withoutFlagKeys(each)]));
}
