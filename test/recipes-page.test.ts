import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { stageCommands } from "../src/commands/reproduce.js";
import { inputNames } from "../src/experiments/recipe.js";
import { legible } from "../testing/run-command.js";
import { repositoryPath } from "../testing/shared.js";
import { temporaryFolder, writeFiles } from "../testing/workspace.js";

const page = readFileSync(repositoryPath("docs/recipes.md"), "utf8");

/** The only block of this language on the page. */
function blockOf(language: string): string {
  const [block, ...others] = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))];
  assert.ok(block?.[1] && others.length === 0);
  return block[1];
}

test("the JSON recipe on the page is valid with the inputs that it names", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "own.json": blockOf("json") });
  const { code, out, err } = await legible(["reproduce", join(folder, "own.json"), "--dry-run"]);
  assert.equal(code, 0, err);
  assert.match(out, /^legible train --task sr --scale 4 .*--recognizer \{recognizer\} .*\nlegible evaluate /);
});

test("the YAML recipe on the page runs from start to end, and only once", async (t) => {
  const folder = temporaryFolder(t);
  // The same stages with fewer images and steps.
  const short = blockOf("yaml").replace(/(steps|count): \d+/g, (_, key) => `${key}: ${key === "steps" ? 2 : 20}`);
  writeFiles(folder, { "first.yaml": short });
  const command = ["reproduce", join(folder, "first.yaml"), "--threads", "1", "--out", join(folder, "out")];
  const { code, err } = await legible(command);
  assert.equal(code, 0, err);
  const report = readFileSync(join(folder, "out", "report.md"), "utf8");
  assert.match(report, /A first recipe/);
  assert.match(report, /^\| ra over start +\|/m);
  const again = await legible(command);
  assert.equal(again.err.match(/is complete$/gm)?.length, 6);
  assert.equal(readFileSync(join(folder, "out", "report.md"), "utf8"), report);
  const changed = short.replace(/(init: .*\n +steps:) 2/, "$1 3");
  assert.notEqual(changed, short);
  writeFiles(folder, { "first.yaml": changed });
  const third = await legible(command);
  assert.equal(third.err.match(/is complete$/gm)?.length, 4);
  for (const stage of ["ra", "evaluation"]) assert.ok(existsSync(join(folder, "out", `${stage}.earlier-1`)));
});

test("the page lists every input and every command of a stage with the files that complete it", () => {
  for (const name of inputNames) assert.ok(page.includes(`| \`--${name}\` | \`{${name}}\` |`), name);
  for (const { name, stage } of stageCommands) {
    const files = stage?.outputs("").map((file) => `\`${file}\``);
    const row = new RegExp(`^\\| \`${name}\` \\|.*\\| ${files?.join(", ")} \\|$`, "m");
    assert.match(page, row);
  }
});

test("the schema that the page names exists and lists the commands", () => {
  const schema = JSON.parse(readFileSync(repositoryPath("schemas/recipe.json"), "utf8"));
  assert.deepEqual(Object.keys(schema.properties), ["$schema", "title", "about", "let", "stages"]);
});
