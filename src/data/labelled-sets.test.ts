import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import { classOf } from "./annotation.js";
import { wnids } from "./imagenet.js";
import { openLabelledSets } from "./labelled-sets.js";

/** Creates empty files, which no test decodes. */
function write(folder: string, files: readonly string[], labels?: string): string {
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), "");
  }
  if (labels !== undefined) writeFileSync(join(folder, "labels.csv"), labels);
  return folder;
}

const workspace = (t: TestContext) => (name: string) => join(temporaryFolder(t), name);
const split = (train: number, seed = 0) => ({ selection: { split: { train, seed } } });

test("folders with the same name are one class, even if the held-out images have fewer classes", async (t) => {
  const at = workspace(t);
  const data = write(at("train"), ["ant/1.png", "bee/2.png", "cat/3.png"]);
  const validation = write(at("test"), ["cat/4.png", "ant/5.png"]);
  const sets = await openLabelledSets([data], { validation: [validation] });
  assert.deepEqual([sets.classes, sets.names], [3, ["ant", "bee", "cat"]]);
  assert.deepEqual(sets.training.items.map(classOf), [0, 1, 2]);
  assert.deepEqual(sets.heldOut?.items.map(classOf), [0, 2]);
});

test("a split holds out the test part, which depends only on the seed, and trains on the rest", async (t) => {
  const files = Array.from({ length: 40 }, (_, i) => `${i % 2}/${i}.png`);
  const data = write(workspace(t)("train"), files);
  const heldOutPaths = async (seed: number) => {
    const { training, heldOut } = await openLabelledSets([data], split(0.75, seed));
    const all = [...training.items, ...(heldOut?.items ?? [])].map(({ path }) => path);
    assert.deepEqual([all.length, new Set(all).size], [40, 40]);
    return heldOut?.items.map(({ path }) => path);
  };
  assert.deepEqual(await heldOutPaths(1), await heldOutPaths(1));
  assert.notDeepEqual(await heldOutPaths(1), await heldOutPaths(2));
});

test("of data that have parts, one is used for training and the other is held out", async (t) => {
  const data = write(workspace(t)("data"), ["train/ant/1.png", "train/bee/2.png", "val/bee/3.png"]);
  const { training, heldOut } = await openLabelledSets([data], { validation: [data] });
  assert.deepEqual([training.items.length, heldOut?.items.map(classOf)], [2, [1]]);
});

test("selected classes keep their indices, and only they are used for training and held out", async (t) => {
  const at = workspace(t);
  const data = write(at("train"), ["ant/1.png", "bee/2.png", "cat/3.png"]);
  const validation = write(at("test"), ["bee/4.png", "cat/5.png"]);
  const sets = await openLabelledSets([data], { selection: { classes: "ant,cat" }, validation: [validation] });
  assert.deepEqual([sets.classes, sets.heldOut?.items.map(classOf)], [3, [2]]);
});

test("ImageNet's folders define all 1000 classes; labels.csv defines indices without names", async (t) => {
  const at = workspace(t);
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
  "images without classes": [(at) => [[write(at("a"), ["1.png"])]], /1 of 1 images have none/],
  "a single class": [(at) => [[write(at("a"), ["ant/1.png"])]], /all 1 training images in .* have the same class/],
  "both ways to hold out": [
    (at) => [[write(at("a"), ["ant/1.png", "bee/1.png"])], { ...split(0.5), validation: ["b"] }],
    /`validation` and `split`/,
  ],
  "a split that holds out nothing": [
    (at) => [[write(at("a"), ["ant/1.png", "bee/1.png"])], split(0.9999)],
    /cannot select images from .*: none matches test part; split 0.9999/,
  ],
  "a held-out class without training images": [
    (at) => [[write(at("a"), ["ant/1.png", "bee/1.png"])], { validation: [write(at("b"), ["cow/1.png"])] }],
    /cow.1\.png: no training image has its class 2/,
  ],
  "held-out images that are also training images": [
    (at) => {
      const data = write(at("a"), ["ant/1.png", "bee/1.png"]);
      return [[data], { validation: [data] }];
    },
    /ant.1\.png: it is also a training image/,
  ],
};

for (const [what, [arrange, expected]] of Object.entries(refusals))
  test(`${what} is refused`, async (t) => {
    await assert.rejects(openLabelledSets(...arrange(workspace(t))), { name: "UserError", message: expected });
  });
