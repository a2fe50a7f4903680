import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { withCores } from "../../testing/cores.js";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { classOf } from "../data/annotation.js";
import { openDataset } from "../data/dataset.js";
import { readItem } from "../data/item.js";
import { BOX_FILE } from "../data/sources/box-file.js";
import { UserError } from "../errors.js";
import { marksOf } from "./marks.js";
import { patternNames } from "./patterned.js";
import { renderScene } from "./render.js";
import { type SynthesisOptions, synthesize } from "./synthesize.js";

const set = { count: 36, size: 64, classes: 4, seed: 3, style: "filled", objects: 2, boxes: true };
const patterned = { style: "patterned", count: 20, seed: 3, size: 16 };

test("the files hold the rendered images, and the folder gives their labels, balanced, and the classes' names", async (t) => {
  withCores(t, 3);
  const folder = join(temporaryFolder(t), "new", "set");
  await synthesize(folder, set);
  const { items, classes, missing } = await openDataset([folder], { needLabels: true });
  assert.deepEqual([items.length, missing, classes], [36, [], marksOf(4).map(({ name }) => name)]);
  for (const item of items) {
    const [{ path }, label] = [item, classOf(item)];
    const index = Number(basename(path, ".png"));
    const { image, objects } = renderScene(set, 3, index);
    assert.deepEqual(await readItem(item), image);
    assert.deepEqual([label, objects[0]?.label], [index % 4, index % 4]);
  }
  const chosen = await openDataset([folder], { needLabels: true, classes: "bars,p" });
  assert.equal(chosen.items.length, 18);
});

test("a patterned set has one folder per class, with the same labels as labels.csv", async (t) => {
  const folder = join(temporaryFolder(t), "set");
  await synthesize(folder, { ...patterned, firstIndex: 7 });
  const listed = await openDataset([folder], { needLabels: true });
  assert.deepEqual([listed.items.length, listed.classes], [20, patternNames]);
  for (const item of listed.items) {
    const [{ path }, label] = [item, classOf(item)];
    const { image, objects } = renderScene(patterned, 3, Number(basename(path, ".png")));
    assert.deepEqual(await readItem(item), image);
    assert.deepEqual([objects[0]?.label, patternNames[label as number]], [label, basename(dirname(path))]);
  }
  rmSync(join(folder, "labels.csv"));
  assert.deepEqual((await openDataset([folder], { needLabels: true })).items, listed.items);
});

test("sets with disjoint ranges of indices continue each other", async (t) => {
  const folder = temporaryFolder(t);
  await synthesize(join(folder, "all"), set);
  await synthesize(join(folder, "rest"), { ...set, count: 6, firstIndex: 30 });
  const images = readdirSync(join(folder, "rest")).filter((name) => name.endsWith(".png"));
  assert.deepEqual(images, ["000030.png", "000031.png", "000032.png", "000033.png", "000034.png", "000035.png"]);
  for (const name of images)
    assert.deepEqual(readFileSync(join(folder, "rest", name)), readFileSync(join(folder, "all", name)));
});

test("boxes.csv has a line for each object, and is written on request only", async (t) => {
  const folder = temporaryFolder(t);
  await synthesize(join(folder, "with"), set);
  await synthesize(join(folder, "without"), { ...set, boxes: false });
  const lines = readFileSync(join(folder, "with", BOX_FILE), "utf8")
    .trim()
    .split("\n")
    .slice(1);
  const expected = Array.from({ length: 36 }, (_, index) =>
    renderScene(set, 3, index).objects.map(({ label, left, top, right, bottom }) =>
      [`${String(index).padStart(6, "0")}.png`, label, marksOf(4)[label]?.name, left, top, right, bottom].join(),
    ),
  );
  assert.deepEqual(lines, expected.flat());
  assert.ok(!existsSync(join(folder, "without", BOX_FILE)));
  const image = "000007.png";
  assert.deepEqual(readFileSync(join(folder, "with", image)), readFileSync(join(folder, "without", image)));
});

test("two calls at once write one set, and both succeed", async (t) => {
  const folder = join(temporaryFolder(t), "set");
  await Promise.all([1, 2].map(() => synthesize(folder, { count: 2, classes: 2 })));
  assert.equal((await openDataset([folder], { needLabels: true })).items.length, 2);
  assert.deepEqual(readdirSync(dirname(folder)), ["set"]);
});

test("a folder that holds exactly the set is left as it is", async (t) => {
  const folder = join(temporaryFolder(t), "set");
  await synthesize(folder, patterned);
  const times = () => readdirSync(folder, { recursive: true }).map((name) => statSync(join(folder, `${name}`)).mtimeMs);
  const before = times();
  let written = 0;
  const onProgress = () => {
    written++;
  };
  await synthesize(folder, { ...patterned, classes: 10, objects: 1, firstIndex: 0, boxes: false, onProgress });
  assert.deepEqual([times(), written], [before, 0]);
});

test("a folder that holds another set, a part of the set or other files is refused and left as it is", async (t) => {
  const folder = temporaryFolder(t);
  await synthesize(join(folder, "set"), patterned);
  const changes: Partial<SynthesisOptions>[] = [{ seed: 4 }, { count: 21 }, { firstIndex: 1 }, { boxes: true }];
  for (const change of changes)
    await assert.rejects(synthesize(join(folder, "set"), { ...patterned, ...change }), /set: it holds another set/);
  rmSync(join(folder, "set", "bars", "000000.png"));
  await assert.rejects(synthesize(join(folder, "set"), patterned), /it holds this set without 1 of its 20 images/);
  writeFiles(join(folder, "other"), { "notes.txt": "notes" });
  await assert.rejects(
    synthesize(join(folder, "other"), set),
    /cannot synthesize into .*: it holds other files; remove/,
  );
  assert.deepEqual(readdirSync(join(folder, "other")), ["notes.txt"]);
});

test("an abort leaves nothing behind", async (t) => {
  const folder = temporaryFolder(t);
  const stop = new AbortController();
  const options = { ...set, count: 100, signal: stop.signal, onProgress: () => stop.abort() };
  await assert.rejects(synthesize(join(folder, "set"), options), { name: "AbortError" });
  assert.deepEqual(readdirSync(folder), []);
});

const wrong: [change: Partial<SynthesisOptions>, message: RegExp][] = [
  [{ size: 63 }, /`size` is 63; images of style filled need a whole number of 64 or more/],
  [{ classes: 5 }, /`classes` is 5; a set of style filled has 2, 4, .*, 24 classes/],
  [{ classes: 26, count: 100 }, /`classes` is 26/],
  [{ count: 3 }, /`count` is 3; 4 classes need at least one image each/],
  [{ style: "patterned", classes: 4 }, /a set of style patterned has 10 classes/],
  [{ style: "patterned", classes: 10 }, /`objects` is 2; an image of style patterned has 1 object$/],
  [{ style: "cubist" }, /unknown `style` "cubist"; expected one of filled, outline, patterned/],
];

for (const [change, message] of wrong)
  test(`a set of ${JSON.stringify(change)} is refused and nothing is written`, async (t) => {
    const folder = temporaryFolder(t);
    const refused = (error: unknown) => error instanceof UserError && message.test(error.message);
    await assert.rejects(synthesize(join(folder, "set"), { ...set, ...change }), refused);
    assert.deepEqual(readdirSync(folder), []);
  });

test("the error names a folder that cannot be written", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { file: "" });
  await assert.rejects(synthesize(join(folder, "file", "set"), set), /cannot write .*file.*set/);
});
