import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import { type Given, planStages } from "./plan.js";
import { parseRecipe, type RecipeStage } from "./recipe.js";

const nothing: Given = { data: [], evaluate: [], recognizer: [], judge: [], device: [], threads: [] };
const given: Given = { ...nothing, data: ["a b", "c"], recognizer: ["r.onnx"] };

const recipe = (stages: readonly Partial<RecipeStage>[], shared: object = {}) =>
  parseRecipe("own", { title: "t", about: "a", let: shared, stages });

const settingsOf = async (settings: object, shared: object = {}, use: string[] = []) =>
  (
    await planStages(
      recipe([{ name: "first", command: "train", settings: { ...settings }, use }], shared),
      given,
      "out",
    )
  )[0]?.settings;

test("an input becomes all of its values, in a list and alone, and nothing where there is none", async () => {
  const settings = { data: ["{data}"], recognizer: "{recognizer}", judge: "{judge}", more: ["{judge}"], steps: 3 };
  assert.deepEqual(await settingsOf(settings), { data: ["a b", "c"], recognizer: "r.onnx", more: [], steps: 3 });
  assert.deepEqual(await settingsOf({ data: "{data}", threads: "{threads}" }), { data: ["a b", "c"] });
});

test("a number stays a number", async () => {
  const [stage] = await planStages(
    recipe([{ name: "first", command: "train", settings: { threads: "{threads}" } }]),
    { ...nothing, threads: [2] },
    "out",
  );
  assert.deepEqual(stage?.settings, { threads: 2 });
});

test("a stage has the settings that it shares, in order, and its own win", async () => {
  const shared = { images: { crop: 64, data: "{data}", lr: 1 }, schedule: { lr: 2, steps: 3 } };
  assert.deepEqual(await settingsOf({ steps: 4 }, shared, ["images", "schedule"]), {
    ...{ crop: 64, data: ["a b", "c"], lr: 2, steps: 4 },
  });
});

test("an earlier stage stands for its folder, also inside a text and inside an object", async () => {
  const [start, next] = await planStages(
    recipe([
      { name: "start", command: "train" },
      {
        name: "next",
        command: "evaluate",
        settings: { processor: ["p={start}/m", { name: "q", file: "{start}/n" }] },
      },
    ]),
    given,
    "out",
  );
  assert.equal(start?.folder, join("out", "start"));
  const folder = join("out", "start");
  assert.deepEqual(next?.settings, { processor: [`p=${folder}/m`, { name: "q", file: `${folder}/n` }] });
});

test("a key changes with the settings, the inputs' paths or contents and earlier stages, and with nothing else", async (t) => {
  const keys = async (settings: object, values = given, out = "out") => {
    const stages = [
      { name: "start", command: "train", settings: { data: "{data}", model: "{recognizer}", ...settings } },
      { name: "next", command: "train", settings: { init: "{start}/m" } },
      { name: "other", command: "train" },
    ];
    return (await planStages(recipe(stages), values, out)).map(({ key }) => key);
  };
  const [start, next, other] = await keys({ steps: 3 });
  const changed = await keys({ steps: 4 });
  assert.ok(changed[0] !== start && changed[1] !== next && changed[2] === other);
  assert.notEqual((await keys({ steps: 3 }, { ...given, data: ["c"] }))[0], start);
  const threads = (values: number[]) => keys({ threads: "{threads}" }, { ...given, threads: values }, "elsewhere");
  assert.deepEqual(await threads([2]), await threads([]));
  assert.equal((await keys({ steps: 3 }, { ...given, data: ["./a b", "c"] }))[0], start);

  const file = join(temporaryFolder(t), "r.onnx");
  const ofFile = async () => (await keys({}, { ...given, recognizer: [file] }))[0];
  await writeFile(file, "one");
  const first = await ofFile();
  await writeFile(file, "two");
  assert.notEqual(await ofFile(), first);
});

test("an input that is needed and missing, and an unknown placeholder, are refused by name", async () => {
  const planned = (settings: object) =>
    planStages(
      recipe([
        { name: "first", command: "train", settings: { ...settings } },
        { name: "last", command: "train" },
      ]),
      nothing,
      "out",
    );
  await assert.rejects(planned({ data: "{data}" }), /the recipe own needs `data`, for "first"/);
  await assert.rejects(planned({ init: "{last}/m" }), /has \{last\} in first: no input and no earlier stage/);
});
