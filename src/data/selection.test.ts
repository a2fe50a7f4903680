import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { classOf } from "./annotation.js";
import { readClasses } from "./class-subset.js";
import { openDataset, type Selection } from "./dataset.js";

const NAMES = ["ant", "bee", "cat", "dog"];

/** 40 pictures of four classes, in folders; two further ones have none. */
function pictures(t: TestContext): string {
  const folder = temporaryFolder(t);
  const files = NAMES.flatMap((name) => Array.from({ length: 10 }, (_, i) => [`${name}/${i}.png`, ""]));
  writeFiles(folder, Object.fromEntries([...files, ["x.png", ""], ["y.png", ""]]));
  return folder;
}

const chosen = (folder: string, selection: Selection, needLabels = false) =>
  openDataset([folder], { needLabels, ...selection });

const numbers = async (text: string, classes?: readonly string[]) =>
  [...(await readClasses(text, classes))].sort((a, b) => a - b);

test("classes are chosen by numbers, ranges and names", async () => {
  assert.deepEqual(await numbers("3,7, 20-22 ,7"), [3, 7, 20, 21, 22]);
  assert.deepEqual(await numbers("dog,0-1", NAMES), [0, 1, 3]);
  assert.equal((await numbers("0-499")).length, 500);
});

test("a file may list the classes, one a line or with commas, Windows' line ends included", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { numbers: "0\n2-3\n\n", names: "bee\r\ncat, 0\r\n", wrong: "bee\nwasp\n" });
  assert.deepEqual(await numbers(join(folder, "numbers")), [0, 2, 3]);
  assert.deepEqual(await numbers(join(folder, "names"), NAMES), [0, 1, 2]);
  await assert.rejects(numbers(join(folder, "wrong"), NAMES), /the classes that .*wrong lists: "wasp" is no class/);
});

const wrong: [text: string, classes: readonly string[] | undefined, message: RegExp][] = [
  ["wasp", NAMES, /"wasp" is no class of the data; there are 4, from 0 to 3: ant, bee, cat, dog$/],
  ["n01440764", undefined, /"n01440764" is no class of the data; give numbers, such as 0-4,7/],
  ["2-1", NAMES, /the range 2-1 runs backwards/],
  ["2-4", NAMES, /there is no class 4; there are 4/],
  ["0-9999999", undefined, /the range 0-9999999 is of more than 1000000 classes/],
  ["-3", NAMES, /"-3" is no class/],
];

for (const [text, classes, message] of wrong)
  test(`the classes "${text}" of ${classes?.length ?? "unnamed"} are refused`, () =>
    assert.rejects(readClasses(text, classes), message));

test("a subset keeps the numbers of its classes and leaves out what has none", async (t) => {
  const { items, classes, selection } = await chosen(pictures(t), { classes: "1,3" }, true);
  assert.deepEqual(items.map(classOf), [...new Array(10).fill(1), ...new Array(10).fill(3)]);
  assert.deepEqual([classes, selection], [NAMES, "classes 1,3"]);
});

test("what labels.csv lists and is not there counts as missing only in its class", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "a.png": "", "labels.csv": "file,class_index\na.png,0\nb.png,1\n" });
  assert.deepEqual((await chosen(folder, { classes: "0" })).missing, []);
  assert.deepEqual((await chosen(folder, {})).missing, [join(folder, "b.png")]);
});

test("classes that select nothing are refused", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "a.png": "", "labels.csv": "file,class_index\na.png,5\n" });
  await assert.rejects(chosen(folder, { classes: "6-9" }), /there is no image in .* of these: classes 6-9/);
  await assert.rejects(chosen(folder, { classes: "," }), /there is no image in .* of these: classes ,/);
});

test("the two parts of a split have no picture in common and all of them together", async (t) => {
  const folder = pictures(t);
  const [all, train, held] = await Promise.all([
    chosen(folder, {}),
    chosen(folder, { split: { train: 0.7, seed: 1 } }),
    chosen(folder, { split: { train: 0.7, seed: 1 }, part: "test" }),
  ]);
  const paths = ({ items }: typeof all) => items.map(({ path }) => path);
  assert.deepEqual([...paths(train), ...paths(held)].sort(), paths(all));
  assert.ok(train.items.length > held.items.length && held.items.length > 0);
  assert.equal(held.selection, "test part; split 0.7 with seed 1");
});

test("a split does not depend on how the folder is written or what else is in it", async (t) => {
  const folder = pictures(t);
  const split = { train: 0.5, seed: 0 };
  const { items } = await chosen(folder, { split });
  const again = await chosen(`${join(folder, "cat")}/../`, { split });
  assert.deepEqual(
    again.items.map(({ path }) => path),
    items.map(({ path }) => path),
  );
  writeFiles(folder, { "bee/10.png": "", "0.png": "" });
  const kept = new Set((await chosen(folder, { split })).items.map(({ path }) => path));
  for (const { path } of items) assert.ok(kept.has(path));
});

test("a split that leaves one part empty is refused", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "a.png": "" });
  const parts = await Promise.allSettled(
    (["train", "test"] as const).map((part) => chosen(folder, { split: { train: 0.5, seed: 0 }, part })),
  );
  const [empty] = parts.flatMap((part) => (part.status === "rejected" ? [part.reason.message] : []));
  assert.match(empty, /there is no image in .* of these: (train|test) part; split 0\.5 with seed 0/);
});

test("without labels no file that says classes is opened, unless classes are chosen", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "a.png": "", "labels.csv": "nonsense\nmore\n" });
  const options = { needLabels: false, withLabels: false };
  const { items, classes } = await openDataset([folder], options);
  assert.deepEqual([items.map(classOf), classes], [[null], undefined]);
  await assert.rejects(openDataset([folder], { ...options, classes: "0" }), /no column "file"/);
});
