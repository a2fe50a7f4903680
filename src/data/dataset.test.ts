import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { sharedPath, skipWithoutShared } from "../../testing/shared.js";
import { writeFiles } from "../../testing/workspace.js";
import { classOf } from "./annotation.js";
import { openDataset } from "./dataset.js";
import { folderClasses } from "./labels.js";

/** Calls `use` with a temporary folder that contains these files. Images are empty files because no test decodes them. */
async function withFolder(files: Record<string, string>, use: (folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "legible-dataset-"));
  try {
    writeFiles(folder, files);
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const images = (...names: string[]) => Object.fromEntries(names.map((name) => [name, ""]));

async function labelsOf(folders: string[], needLabels = true) {
  const { items } = await openDataset(folders, { needLabels });
  return items.map((item) => [item.path.slice(folders[0]?.length).replaceAll("\\", "/"), classOf(item)]);
}

test("images are found in nested folders, sorted by name, with extensions in any case", () =>
  withFolder(images("b.JPEG", "a/c.png", "a.tif", "notes.txt", ".hidden.png", "z/._z.jpg"), async (folder) =>
    assert.deepEqual(await labelsOf([folder], false), [
      ["/a.tif", null],
      ["/a/c.png", 0],
      ["/b.JPEG", null],
    ]),
  ));

test("labels.csv defines the classes, an empty field means no class, and missing files are reported", () =>
  withFolder(
    {
      ...images("a.png", "sub/b.png", "c.png"),
      "labels.csv": "file,note,class_index\na.png,x,7\nsub/b.png,y,0\nc.png,,\nd.png,,1\n",
    },
    async (folder) => {
      const expected = [7, null, 0];
      const { items, missing } = await openDataset([folder], { needLabels: false });
      assert.deepEqual(items.map(classOf), expected);
      assert.deepEqual(missing, [join(folder, "d.png")]);
      await assert.rejects(openDataset([folder], { needLabels: true }), /1 of 3 images have none \(first: .*c\.png\)/);
    },
  ));

test("labels.csv names classes by identifiers only if their indices are ImageNet's", () =>
  withFolder(
    {
      ...images("one/a.png", "one/b.png", "two/a.png"),
      "one/labels.csv": "file,class_index,wnid\na.png,217,n02102040\nb.png,,\n",
      "two/labels.csv": "file,class_index,wnid\na.png,1,n02102040\n",
    },
    async (folder) => {
      const classes = "n02102040";
      const { items } = await openDataset([join(folder, "one")], { needLabels: true, classes });
      assert.deepEqual(items.map(classOf), [217]);
      await assert.rejects(
        openDataset([join(folder, "two")], { needLabels: true, classes }),
        /is not a class of the data/,
      );
    },
  ));

test("folders named by WordNet identifiers get the standard ImageNet class indices", () =>
  withFolder(images("n02102040/x.jpg", "n01440764/y.jpg"), async (folder) =>
    assert.deepEqual(await labelsOf([folder]), [
      ["/n01440764/y.jpg", 0],
      ["/n02102040/x.jpg", 217],
    ]),
  ));

test("folders with other names are numbered in sorted order, jointly over all data folders", () =>
  withFolder(images("one/dog/x.jpg", "one/ant/y.jpg", "two/cat/z.jpg"), async (folder) => {
    const { items } = await openDataset([join(folder, "one"), join(folder, "two")], { needLabels: true });
    assert.deepEqual(items.map(classOf), [0, 2, 1]);
  }));

const wrong: [what: string, files: Record<string, string>, message: RegExp][] = [
  ["no image", { "a.txt": "" }, /it contains no image/],
  ["no classes", images("a.png"), /1 of 1 images have none/],
  ["no class for an unknown WordNet identifier", images("n99999999/a.png"), /1 of 1 images have none/],
  [
    "no column class_index",
    { ...images("a.png"), "labels.csv": "file,class\na.png,1" },
    /no column "class_index".*file, class/,
  ],
  [
    "a class that is not an integer",
    { ...images("a.png"), "labels.csv": "file,class_index\na.png,1.5" },
    /"a\.png" is "1\.5"/,
  ],
  ["a negative class", { ...images("a.png"), "labels.csv": "file,class_index\na.png,-1" }, /"a\.png" is "-1"/],
  [
    "labels of another folder",
    { ...images("a.png"), "labels.csv": "file,class_index\nb.png,1" },
    /none of its 1 files exists/,
  ],
  ["a row too short", { ...images("a.png"), "labels.csv": "file,class_index\na.png" }, /cannot read the labels/],
];

for (const [what, files, message] of wrong)
  test(`a folder with ${what} is refused if classes are required`, () =>
    withFolder(files, (folder) => assert.rejects(openDataset([folder], { needLabels: true }), message)));

test("a missing folder is refused", () =>
  assert.rejects(
    openDataset(["/no/such/folder"], { needLabels: false }),
    /cannot read the folder of images \/no\/such/,
  ));

test("labels.csv and folder names define the same ImageNet classes", { skip: skipWithoutShared }, async () => {
  const folder = sharedPath("assets", "photos", "imagenette-train");
  const { items, missing } = await openDataset([folder], { needLabels: true });
  assert.equal(items.length, 2050);
  assert.deepEqual(missing, []);
  const byFolder = folderClasses(items.map(({ path }) => basename(dirname(path))));
  for (const item of items) assert.equal(byFolder.classOf(basename(dirname(item.path))), classOf(item));
});
