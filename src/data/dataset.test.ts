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

/** A folder with these files, given to `use` and removed afterwards. Images are not opened here, so they stay empty. */
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

test("images are found in folders inside folders, in the order of their names, whatever the case of the extension", () =>
  withFolder(images("b.JPEG", "a/c.png", "a.tif", "notes.txt", ".hidden.png", "z/._z.jpg"), async (folder) =>
    assert.deepEqual(await labelsOf([folder], false), [
      ["/a.tif", null],
      ["/a/c.png", 0],
      ["/b.JPEG", null],
    ]),
  ));

test("labels.csv gives the classes, empty ones included, and its missing files are listed", () =>
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
      await assert.rejects(
        openDataset([folder], { needLabels: true }),
        /1 of 3 images .* have none \(first: .*c\.png\)/,
      );
    },
  ));

test("labels.csv names the classes by identifiers where they have ImageNet's numbers, and only there", () =>
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
        /is no class of the data/,
      );
    },
  ));

test("folders named by WordNet identifiers have the standard ImageNet classes", () =>
  withFolder(images("n02102040/x.jpg", "n01440764/y.jpg"), async (folder) =>
    assert.deepEqual(await labelsOf([folder]), [
      ["/n01440764/y.jpg", 0],
      ["/n02102040/x.jpg", 217],
    ]),
  ));

test("folders named otherwise are numbered in the order of their names, over all folders given", () =>
  withFolder(images("one/dog/x.jpg", "one/ant/y.jpg", "two/cat/z.jpg"), async (folder) => {
    const { items } = await openDataset([join(folder, "one"), join(folder, "two")], { needLabels: true });
    assert.deepEqual(items.map(classOf), [0, 2, 1]);
  }));

const wrong: [what: string, files: Record<string, string>, message: RegExp][] = [
  ["no image", { "a.txt": "" }, /there is no image in/],
  ["no class anywhere", images("a.png"), /classes are needed, but 1 of 1 images/],
  ["no class for an unknown WordNet identifier", images("n99999999/a.png"), /classes are needed/],
  [
    "no column class_index",
    { ...images("a.png"), "labels.csv": "file,class\na.png,1" },
    /no column "class_index".*file, class/,
  ],
  [
    "a class that is no whole number",
    { ...images("a.png"), "labels.csv": "file,class_index\na.png,1.5" },
    /"a\.png" is "1\.5"/,
  ],
  ["a negative class", { ...images("a.png"), "labels.csv": "file,class_index\na.png,-1" }, /"a\.png" is "-1"/],
  [
    "labels of another folder",
    { ...images("a.png"), "labels.csv": "file,class_index\nb.png,1" },
    /none of the 1 files/,
  ],
  ["a row too short", { ...images("a.png"), "labels.csv": "file,class_index\na.png" }, /cannot read the labels/],
];

for (const [what, files, message] of wrong)
  test(`a folder with ${what} is refused where classes are needed`, () =>
    withFolder(files, (folder) => assert.rejects(openDataset([folder], { needLabels: true }), message)));

test("a folder that is not there is refused", () =>
  assert.rejects(
    openDataset(["/no/such/folder"], { needLabels: false }),
    /cannot read the folder of images \/no\/such/,
  ));

test("labels.csv and folder names give the same ImageNet classes", { skip: skipWithoutShared }, async () => {
  const folder = sharedPath("assets", "photos", "imagenette-train");
  const { items, missing } = await openDataset([folder], { needLabels: true });
  assert.equal(items.length, 2050);
  assert.deepEqual(missing, []);
  const byFolder = folderClasses(items.map(({ path }) => basename(dirname(path))));
  for (const item of items) assert.equal(byFolder.classOf(basename(dirname(item.path))), classOf(item));
});
