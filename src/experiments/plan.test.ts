import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type Given, planned } from "./plan.js";
import { parseRecipe } from "./recipe.js";

const nothing: Given = { data: [], evaluate: [], recognizer: [], judge: [], device: [], threads: [] };
const given: Given = { ...nothing, data: ["a b", "c"], recognizer: ["r.onnx"] };

const recipe = (stages: Readonly<Record<string, string>>, words: Readonly<Record<string, string>> = {}) =>
  parseRecipe(
    "mine",
    JSON.stringify({
      title: "t",
      about: "a",
      let: words,
      stages: Object.entries(stages).map(([name, run]) => ({ name, run })),
    }),
  );

const argsOf = (run: string, words = {}) => planned(recipe({ first: run }, words), given, "out")[0]?.args;

test("a flag with an input stands once for each value, and not at all for none", () => {
  assert.deepEqual(argsOf("train --data {data} --recognizer {recognizer} --recognizer {judge} --steps 3"), [
    ...["--data", "a b", "--data", "c", "--recognizer", "r.onnx", "--steps", "3"],
  ]);
  assert.deepEqual(argsOf("train {data} --threads {threads}"), ["a b", "c"]);
});

test("what let says stands in a command word by word, inputs in it included", () => {
  assert.deepEqual(argsOf("train {images} --steps 3", { images: "--crop 64  --data {data}" }), [
    ...["--crop", "64", "--data", "a b", "--data", "c", "--steps", "3"],
  ]);
});

test("an earlier stage stands for its folder, also in the middle of a word", () => {
  const [start, further] = planned(
    recipe({ start: "train", further: "evaluate --processor p={start}/m" }),
    given,
    "out",
  );
  assert.equal(start?.folder, join("out", "start"));
  assert.deepEqual([further?.command, further?.args], ["evaluate", ["--processor", `p=${join("out", "start")}/m`]]);
});

test("a stage is another one when its words, its paths or a stage before it change, and for no other reason", () => {
  const keys = (run: string, values = given, out = "out") =>
    planned(
      recipe({ start: `train --data {data} ${run}`, next: "train --init {start}/m", other: "train" }),
      values,
      out,
    )
      .map(({ key }) => key.slice(0, 8))
      .join();
  const [start, next, other] = keys("--steps 3").split(",") as [string, string, string];
  const changed = keys("--steps 4").split(",");
  assert.ok(changed[0] !== start && changed[1] !== next && changed[2] === other);
  assert.notEqual(keys("--steps 3", { ...given, data: ["c"] }), keys("--steps 3"));
  const same = keys("--steps 3 --threads {threads}", { ...given, data: ["./a b", "c"], threads: ["2"] }, "elsewhere");
  assert.equal(same, keys("--steps 3 --threads {threads}"));
});

test("an input that is needed and not given, and a placeholder for nothing, are refused by name", () => {
  const refused = (run: string) => () => planned(recipe({ first: run, last: "train" }), nothing, "out");
  assert.throws(refused("train --data {data}"), /the recipe mine needs --data, for "first"/);
  assert.throws(refused("train --init {last}/m"), /says \{last\} in first: no input and no earlier stage/);
});
