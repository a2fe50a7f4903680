import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { classOf } from "../data/annotation.js";
import { openDataset } from "../data/dataset.js";
import { readItem } from "../data/item.js";
import { UserError } from "../errors.js";
import { marksOf } from "./marks.js";
import { drawScene } from "./scene.js";
import { findStyle } from "./styles.js";
import { BOX_FILE, type SynthesisOptions, synthesize } from "./write.js";

const set: SynthesisOptions = {
  count: 36,
  size: 64,
  classes: 4,
  seed: 3,
  style: findStyle("filled"),
  objects: 2,
  boxes: true,
};

test("the pictures on disk are those drawn, and the folder gives their labels, balanced, and the classes' names", async (t) => {
  const folder = join(temporaryFolder(t), "new", "set");
  await synthesize(folder, set);
  const { items, classes, missing } = await openDataset([folder], { needLabels: true });
  assert.deepEqual([items.length, missing, classes], [36, [], marksOf(4).map(({ name }) => name)]);
  for (const item of items) {
    const index = Number(basename(item.path, ".png"));
    const { image, objects } = drawScene(set, 3, index);
    assert.deepEqual(await readItem(item), image);
    assert.deepEqual([classOf(item), objects[0]?.label], [index % 4, index % 4]);
  }
  const chosen = await openDataset([folder], { needLabels: true, classes: "bars,p" });
  assert.equal(chosen.items.length, 18);
});

test("boxes.csv has a line for each object, and only where it is asked for", async (t) => {
  const folder = temporaryFolder(t);
  await synthesize(join(folder, "with"), set);
  await synthesize(join(folder, "without"), { ...set, boxes: false });
  const lines = readFileSync(join(folder, "with", BOX_FILE), "utf8")
    .trim()
    .split("\n")
    .slice(1);
  const expected = Array.from({ length: 36 }, (_, index) =>
    drawScene(set, 3, index).objects.map(({ label, left, top, right, bottom }) =>
      [`${String(index).padStart(6, "0")}.png`, label, marksOf(4)[label]?.name, left, top, right, bottom].join(),
    ),
  );
  assert.deepEqual(lines, expected.flat());
  assert.ok(!existsSync(join(folder, "without", BOX_FILE)));
  const picture = "000007.png";
  assert.deepEqual(readFileSync(join(folder, "with", picture)), readFileSync(join(folder, "without", picture)));
});

test("a folder that holds something is left as it is", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "mine.txt": "mine" });
  await assert.rejects(synthesize(folder, set), /there is something in .* already: remove it/);
  assert.deepEqual(readdirSync(folder), ["mine.txt"]);
});

test("an abort leaves nothing behind", async (t) => {
  const folder = temporaryFolder(t);
  const stop = new AbortController();
  const options = { ...set, count: 100, signal: stop.signal, onProgress: () => stop.abort() };
  await assert.rejects(synthesize(join(folder, "set"), options), { name: "AbortError" });
  assert.deepEqual(readdirSync(folder), []);
});

const wrong: [change: Partial<SynthesisOptions>, message: RegExp][] = [
  [{ size: 63 }, /pictures of 63 pixels: the side must be 64 or more/],
  [{ classes: 5 }, /cannot draw 5 classes: give an even number from 2 to 24/],
  [{ classes: 26, count: 100 }, /cannot draw 26 classes/],
  [{ count: 3 }, /3 pictures cannot show 4 classes/],
];

for (const [change, message] of wrong)
  test(`a set of ${JSON.stringify(change)} is refused and nothing is written`, async (t) => {
    const folder = temporaryFolder(t);
    const refused = (error: unknown) => error instanceof UserError && message.test(error.message);
    await assert.rejects(synthesize(join(folder, "set"), { ...set, ...change }), refused);
    assert.deepEqual(readdirSync(folder), []);
  });

test("a place that cannot be written to is named", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { file: "" });
  await assert.rejects(synthesize(join(folder, "file", "set"), set), /cannot write .*file.*set/);
});
