import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { findRecipes, packagedRecipes } from "./recipe.js";

const text = (title: string, more: object = {}): string =>
  JSON.stringify({ title, about: "a", stages: [{ name: "one", command: "train" }], ...more });

test("a folder gives its recipes in order, a file its own, and a name one of the package", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, {
    "b.json": text("B"),
    "a.json": text("A"),
    "notes.txt": "no recipe",
    "deeper/c.json": text("C"),
  });
  const all = await findRecipes(folder);
  assert.deepEqual([all.isFolder, all.recipes.map(({ name }) => name)], [true, ["a", "b"]]);
  const one = await findRecipes(join(folder, "b.json"));
  assert.deepEqual([one.name, one.isFolder, one.recipes.map(({ title }) => title)], ["b", false, ["B"]]);
  const names = (await packagedRecipes()).map(({ name }) => name);
  assert.ok(names.includes("synthetic") && names.includes("imagenet/sr") && names.includes("small/sr"));
  assert.equal((await findRecipes("imagenet/sr")).name, "imagenet/sr");
  assert.equal((await findRecipes("small")).recipes.length, 4);
});

test("a YAML recipe equals the JSON recipe of the same content", async (t) => {
  const folder = temporaryFolder(t);
  const yaml = "# a comment\ntitle: A\nabout: a\nstages:\n  - { name: one, command: train }\n";
  writeFiles(folder, { "a.yaml": yaml, "b.yml": yaml, "c/a.json": text("A") });
  const { recipes, isFolder } = await findRecipes(folder);
  const [json] = (await findRecipes(join(folder, "c", "a.json"))).recipes;
  assert.ok(isFolder);
  assert.deepEqual(recipes, [json, { ...json, name: "b" }]);
  writeFiles(folder, { "a.json": text("A") });
  await assert.rejects(findRecipes(folder), /two recipes in the folder .* are named "a": rename one file/);
});

test("a recipe that is not in order is refused with its file and what is wrong", async (t) => {
  const folder = temporaryFolder(t);
  const cases: Readonly<Record<string, [content: string, expected: RegExp]>> = {
    "cut.json": ["{", /cannot use the recipe .*cut\.json: .*JSON/],
    "cut.yaml": ["stages: [", /cannot use the recipe .*cut\.yaml: [^\n]*$/],
    "text.yaml": ["a text", /text\.yaml: the whole: .*object/],
    "flag.json": [text("t", { steps: 3 }), /flag\.json: the whole: .*steps/],
    "empty.json": [text("t", { stages: [] }), /empty\.json: stages: /],
    "name.json": [text("t", { stages: [{ name: "A/b", command: "train" }] }), /stages\.0\.name: .*lowercase letters/],
    "twice.json": [
      text("t", { stages: [1, 2].map(() => ({ name: "one", command: "train" })) }),
      /"one" is the name of two things/,
    ],
    "use.json": [
      text("t", { stages: [{ name: "one", command: "train", use: ["images"] }] }),
      /a stage uses "images", which is not in let/,
    ],
  };
  for (const [file, [content, expected]] of Object.entries(cases)) {
    writeFiles(folder, { [file]: content });
    await assert.rejects(findRecipes(join(folder, file)), expected);
  }
  await assert.rejects(
    findRecipes(join(folder, "none")),
    /there is no recipe .*none: give a file, a folder, or the name/,
  );
});
