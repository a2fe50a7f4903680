import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import { classOf } from "./annotation.js";
import { wnids } from "./imagenet.js";
import { openLabelledSets } from "./labelled-sets.js";

/** Files that nobody opens. */
function write(folder: string, files: readonly string[], labels?: string): string {
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), "");
  }
  if (labels !== undefined) writeFileSync(join(folder, "labels.csv"), labels);
  return folder;
}

const ground = (t: TestContext) => (name: string) => join(temporaryFolder(t), name);
const split = (train: number, seed = 0) => ({ selection: { split: { train, seed } } });

test("folders of one name are one class, also where the held-out pictures show fewer classes", async (t) => {
  const at = ground(t);
  const data = write(at("train"), ["ant/1.png", "bee/2.png", "cat/3.png"]);
  const validation = write(at("test"), ["cat/4.png", "ant/5.png"]);
  const sets = await openLabelledSets([data], { validation: [validation] });
  assert.deepEqual([sets.classes, sets.names], [3, ["ant", "bee", "cat"]]);
  assert.deepEqual(sets.training.items.map(classOf), [0, 1, 2]);
  assert.deepEqual(sets.heldOut?.items.map(classOf), [0, 2]);
});

test("a split holds out the other part, the same for the same seed, and leaves the rest", async (t) => {
  const files = Array.from({ length: 40 }, (_, i) => `${i % 2}/${i}.png`);
  const data = write(ground(t)("train"), files);
  const judged = async (seed: number) => {
    const { training, heldOut } = await openLabelledSets([data], split(0.75, seed));
    const all = [...training.items, ...(heldOut?.items ?? [])].map(({ path }) => path);
    assert.deepEqual([all.length, new Set(all).size], [40, 40]);
    return heldOut?.items.map(({ path }) => path);
  };
  assert.deepEqual(await judged(1), await judged(1));
  assert.notDeepEqual(await judged(1), await judged(2));
});

test("of data that come in parts one is learned and the other judged", async (t) => {
  const data = write(ground(t)("data"), ["train/ant/1.png", "train/bee/2.png", "val/bee/3.png"]);
  const { training, heldOut } = await openLabelledSets([data], { validation: [data] });
  assert.deepEqual([training.items.length, heldOut?.items.map(classOf)], [2, [1]]);
});

test("where classes are chosen, these alone are learned and judged, with their numbers", async (t) => {
  const at = ground(t);
  const data = write(at("train"), ["ant/1.png", "bee/2.png", "cat/3.png"]);
  const validation = write(at("test"), ["bee/4.png", "cat/5.png"]);
  const sets = await openLabelledSets([data], { selection: { classes: "ant,cat" }, validation: [validation] });
  assert.deepEqual([sets.classes, sets.heldOut?.items.map(classOf)], [3, [2]]);
});

test("ImageNet's folders stand for all thousand classes; labels.csv gives numbers without names", async (t) => {
  const at = ground(t);
  const imagenet = write(at("imagenet"), [`${wnids[3]}/1.png`, `${wnids[700]}/2.png`]);
  const sets = await openLabelledSets([imagenet]);
  assert.deepEqual([sets.classes, sets.names, sets.heldOut], [1000, wnids, null]);
  const listed = write(at("listed"), ["1.png", "2.png"], "file,class_index\n1.png,4\n2.png,6\n");
  const { classes, names } = await openLabelledSets([listed]);
  assert.deepEqual([classes, names], [7, null]);
});

const refusals: Readonly<
  Record<string, [(at: (name: string) => string) => Parameters<typeof openLabelledSets>, RegExp]>
> = {
  "pictures without classes": [(at) => [[write(at("a"), ["1.png"])]], /classes are needed, but 1 of 1 images/],
  "a single class": [(at) => [[write(at("a"), ["ant/1.png"])]], /all 1 training pictures in .* are of one class/],
  "both ways to hold out": [
    (at) => [[write(at("a"), ["ant/1.png", "bee/1.png"])], { ...split(0.5), validation: ["b"] }],
    /--validation or from --split, not from both/,
  ],
  "a split that holds out nothing": [
    (at) => [[write(at("a"), ["ant/1.png", "bee/1.png"])], split(0.9999)],
    /there is no image in .* of these: test part; split 0.9999/,
  ],
  "a class that training does not show": [
    (at) => [[write(at("a"), ["ant/1.png", "bee/1.png"])], { validation: [write(at("b"), ["cow/1.png"])] }],
    /cow.1\.png is of class 2, which no training picture shows/,
  ],
  "held-out pictures that are learned too": [
    (at) => {
      const data = write(at("a"), ["ant/1.png", "bee/1.png"]);
      return [[data], { validation: [data] }];
    },
    /ant.1\.png is among the training pictures too/,
  ],
};

for (const [what, [arrange, expected]] of Object.entries(refusals))
  test(`${what}: refused`, async (t) => {
    await assert.rejects(openLabelledSets(...arrange(ground(t))), { name: "UserError", message: expected });
  });
