import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { classOf } from "./annotation.js";
import { readClasses } from "./class-subset.js";
import { openDataset, type Selection } from "./dataset.js";

const NAMES = ["ant", "bee", "cat", "dog"];

/** A folder with 40 images in four class folders, and two images without a class. */
function imageFolder(t: TestContext): string {
  const folder = temporaryFolder(t);
  const files = NAMES.flatMap((name) => Array.from({ length: 10 }, (_, i) => [`${name}/${i}.png`, ""]));
  writeFiles(folder, Object.fromEntries([...files, ["x.png", ""], ["y.png", ""]]));
  return folder;
}

const openSelected = (folder: string, selection: Selection, needLabels = false) =>
  openDataset([folder], { needLabels, ...selection });

const numbers = async (text: string, classes?: readonly string[]) =>
  [...(await readClasses(text, classes))].sort((a, b) => a - b);

test("classes are selected by indices, ranges and names", async () => {
  assert.deepEqual(await numbers("3,7, 20-22 ,7"), [3, 7, 20, 21, 22]);
  assert.deepEqual(await numbers("dog,0-1", NAMES), [0, 1, 3]);
  assert.equal((await numbers("0-499")).length, 500);
});

test("a file can list the classes, separated by commas or by LF or CRLF line breaks", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { numbers: "0\n2-3\n\n", names: "bee\r\ncat, 0\r\n", wrong: "bee\nwasp\n" });
  assert.deepEqual(await numbers(join(folder, "numbers")), [0, 2, 3]);
  assert.deepEqual(await numbers(join(folder, "names"), NAMES), [0, 1, 2]);
  await assert.rejects(numbers(join(folder, "wrong"), NAMES), /the `classes` in .*wrong: "wasp" is not a class/);
});

const wrong: [text: string, classes: readonly string[] | undefined, message: RegExp][] = [
  ["wasp", NAMES, /"wasp" is not a class of the data; the data have 4 classes, 0 to 3: ant, bee, cat, dog$/],
  ["n01440764", undefined, /"n01440764" is not a class of the data; .* give indices, such as 0-4,7/],
  ["2-1", NAMES, /the range 2-1 is reversed/],
  ["2-4", NAMES, /class 4 is out of range; the data have 4 classes/],
  ["0-9999999", undefined, /the range 0-9999999 has more than 1000000 classes/],
  ["-3", NAMES, /"-3" is not a class/],
];

for (const [text, classes, message] of wrong)
  test(`the classes "${text}" of ${classes?.length ?? "unnamed"} are refused`, () =>
    assert.rejects(readClasses(text, classes), message));

test("selected classes keep their indices, and images without a class are left out", async (t) => {
  const { items, classes, selection } = await openSelected(imageFolder(t), { classes: "1,3" }, true);
  assert.deepEqual(items.map(classOf), [...new Array(10).fill(1), ...new Array(10).fill(3)]);
  assert.deepEqual([classes, selection], [NAMES, "classes 1,3"]);
});

test("missing files that labels.csv lists are reported only for selected classes", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "a.png": "", "labels.csv": "file,class_index\na.png,0\nb.png,1\n" });
  assert.deepEqual((await openSelected(folder, { classes: "0" })).missing, []);
  assert.deepEqual((await openSelected(folder, {})).missing, [join(folder, "b.png")]);
});

test("a selection of classes without images is refused", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "a.png": "", "labels.csv": "file,class_index\na.png,5\n" });
  await assert.rejects(
    openSelected(folder, { classes: "6-9" }),
    /cannot select images from .*: none matches classes 6-9/,
  );
  await assert.rejects(openSelected(folder, { classes: "," }), /cannot select images from .*: none matches classes ,/);
});

test("the two parts of a split are disjoint and together contain every image", async (t) => {
  const folder = imageFolder(t);
  const [all, train, held] = await Promise.all([
    openSelected(folder, {}),
    openSelected(folder, { split: { train: 0.7, seed: 1 } }),
    openSelected(folder, { split: { train: 0.7, seed: 1 }, part: "test" }),
  ]);
  const paths = ({ items }: typeof all) => items.map(({ path }) => path);
  assert.deepEqual([...paths(train), ...paths(held)].sort(), paths(all));
  assert.ok(train.items.length > held.items.length && held.items.length > 0);
  assert.equal(held.selection, "test part; split 0.7 with seed 1");
});

test("a part of data without parts is refused; only the usual one may be absent", async (t) => {
  const folder = imageFolder(t);
  const { items } = await openSelected(folder, {});
  for (const part of ["train", "test"] as const) {
    await assert.rejects(
      openSelected(folder, { part }),
      new RegExp(
        `cannot choose the ${part} part of .*: it is not found there; leave out .*part.*, or divide the images by .*split`,
      ),
    );
    assert.equal((await openSelected(folder, { usualPart: part })).items.length, items.length);
  }
  const parts = temporaryFolder(t);
  writeFiles(parts, { "train/a.png": "", "test/b.png": "" });
  const both = openDataset([parts, folder], { needLabels: false, withLabels: false, part: "train" });
  await assert.rejects(both, /cannot choose the train part of .*: it is not found there/);
  await assert.rejects(openSelected(parts, { part: "test", set: "val" }), /cannot choose both .*part.* and .*set/);
});

test("a split does not depend on the spelling of the folder's path or on its other files", async (t) => {
  const folder = imageFolder(t);
  const split = { train: 0.5, seed: 0 };
  const { items } = await openSelected(folder, { split });
  const again = await openSelected(`${join(folder, "cat")}/../`, { split });
  assert.deepEqual(
    again.items.map(({ path }) => path),
    items.map(({ path }) => path),
  );
  writeFiles(folder, { "bee/10.png": "", "0.png": "" });
  const kept = new Set((await openSelected(folder, { split })).items.map(({ path }) => path));
  for (const { path } of items) assert.ok(kept.has(path));
});

test("an empty part of a split is refused", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "a.png": "" });
  const parts = await Promise.allSettled(
    (["train", "test"] as const).map((part) => openSelected(folder, { split: { train: 0.5, seed: 0 }, part })),
  );
  const [empty] = parts.flatMap((part) => (part.status === "rejected" ? [part.reason.message] : []));
  assert.match(empty, /cannot select images from .*: none matches (train|test) part; split 0\.5 with seed 0/);
});

test("with `withLabels: false`, no file that defines classes is opened unless classes are selected", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "a.png": "", "labels.csv": "nonsense\nmore\n" });
  const options = { needLabels: false, withLabels: false };
  const { items, classes } = await openDataset([folder], options);
  assert.deepEqual([items.map(classOf), classes], [[null], undefined]);
  await assert.rejects(openDataset([folder], { ...options, classes: "0" }), /no column "file"/);
});
