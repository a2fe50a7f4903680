import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder, writeClassifier, writeLabeledImages } from "../../testing/workspace.js";
import { readModel } from "../platform/node/models.js";
import type { TrainingSettings } from "./settings.js";
import { train } from "./train.js";

const shared = { processor: "compact-s", objective: "ra", lambda: 0.1, steps: 4, batch: 2, crop: 32, seed: 1 } as const;

async function prepared(t: Parameters<typeof temporaryFolder>[0]) {
  const folder = temporaryFolder(t);
  const [data, first, second] = ["data", "first.onnx", "second.onnx"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeLabeledImages(data, 6, 40);
  await writeClassifier(first, 32);
  await writeClassifier(second, 32, (b, features) => b.Neg(features));
  const run = async (name: string, settings: Partial<TrainingSettings>) => {
    const out = join(folder, name);
    await train({ ...shared, data: [data], out, threads: 1, ...settings } as Parameters<typeof train>[0]);
    const lines = readFileSync(join(out, "log.jsonl"), "utf8").trim().split("\n");
    const weights = [...(await readModel(join(out, "model.onnx"))).initializers.values()].map(({ data }) => data);
    return { log: lines.map((line) => JSON.parse(line)), weights };
  };
  return { first, second, run };
}

test("two equal recognizers in turn, each with half the weight, train as one does", async (t) => {
  const { first, run } = await prepared(t);
  const half = { file: first, weight: 0.5 };
  const inTurn = await run("in-turn", { recognizer: [half, half], rotate: true });
  const one = await run("one", { recognizer: [first] });
  assert.deepEqual(inTurn.weights, one.weights);
});

test("recognizers in turn all have an effect", async (t) => {
  const { first, second, run } = await prepared(t);
  const inTurn = await run("in-turn", { recognizer: [first, second], rotate: true });
  const alone = await run("alone", { recognizer: [first] });
  assert.notDeepEqual(inTurn.weights, alone.weights);
});

test("the lattice loss is logged, and images that are handled before R give another training", async (t) => {
  const { first, run } = await prepared(t);
  const plain = await run("plain", { recognizer: [first] });
  const lattice = await run("lattice", { recognizer: [first], latticeWeight: 100 });
  assert.ok(lattice.log[0].lattice > 0 && plain.log[0].lattice === undefined);
  assert.notDeepEqual(lattice.weights, plain.weights);
  const handled = await run("handled", { recognizer: [first], after: "blur:1..2, resize:0.5" });
  assert.notDeepEqual(handled.weights, plain.weights);
});

test("handlings that training cannot use are refused", async (t) => {
  const { first, run } = await prepared(t);
  const recognizer = [first];
  await assert.rejects(run("a", { recognizer, after: ["jpeg:80"], crop: 40 }), /`crop` must be a multiple of 16/);
  await assert.rejects(run("b", { recognizer, after: ["blur:1", "blur:2"] }), /`after` has blur twice/);
  await assert.rejects(run("c", { objective: "plain", lambda: undefined, after: ["blur:1"] }), /`after` is for/);
  await assert.rejects(run("d", { recognizer, after: ["fog:1"] }), /expected KIND:VALUE/);
});
