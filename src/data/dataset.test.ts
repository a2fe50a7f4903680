import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm, symlink } from "node:fs/promises";
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

test("hidden folders, folders of archives and folders without images define no class", () =>
  withFolder(
    images(
      "n02102040/x.jpg",
      ".thumbnails/t.png",
      "__MACOSX/n02102040/y.jpg",
      "notes/a.txt",
      "@eaDir/x.jpg",
      "Thumbs.db",
    ),
    async (folder) => assert.deepEqual(await labelsOf([folder]), [["/n02102040/x.jpg", 217]]),
  ));

test("labels.csv may have a byte order mark, line ends of any kind, quotes, and accents encoded otherwise than file names", () =>
  withFolder(
    {
      ...images("caf\u00e9.png", "nai\u0308ve, too.png", "c.png", "d.png"),
      "labels.csv": '\uFEFFfile,class_index\r\ncafe\u0301.png,1\n"na\u00efve, too.png",2\r\n"c.png","3"\n.\\d.png,04\n',
    },
    async (folder) => {
      const { items, missing } = await openDataset([folder], { needLabels: true });
      const labels = Object.fromEntries(items.map((item) => [basename(item.path).normalize("NFC"), classOf(item)]));
      assert.deepEqual(labels, { "c.png": 3, "café.png": 1, "d.png": 4, "naïve, too.png": 2 });
      assert.deepEqual(missing, []);
    },
  ));

test("a file listed twice with the same class is no error", () =>
  withFolder({ ...images("a.png"), "labels.csv": "file,class_index\na.png,1\na.png,1\n" }, async (folder) =>
    assert.deepEqual(await labelsOf([folder]), [["/a.png", 1]]),
  ));

test("links are followed once, each file is read once, and links to folders that contain them end", () =>
  withFolder(images("cat/1.png", "dog/2.png", "else/3.png", "cat/notes.txt", "cat/4.bmp"), async (root) => {
    const folder = join(root, "data");
    await mkdir(folder);
    await rename(join(root, "cat"), join(folder, "cat"));
    await rename(join(root, "dog"), join(folder, "dog"));
    for (const [target, ...place] of [
      [".", "cat", "self"],
      ["..", "cat", "up"],
      ["../..", "cat", "above"],
      ["../dog", "cat", "dog"],
      ["../cat", "dog", "cat"],
      ["../cat/1.png", "dog", "again.png"],
      ["nowhere.png", "dog", "broken.png"],
      ["../else", "ant"],
      ["../else/3.png", "bee.png"],
    ] as const)
      await symlink(target, join(folder, ...place));
    const { items, leftOut = [] } = await openDataset([folder, join(folder, "cat")], { needLabels: false });
    assert.deepEqual(
      items.map(({ path }) => path.slice(folder.length)),
      ["/ant/3.png", "/cat/1.png", "/dog/2.png"],
    );
    assert.deepEqual(leftOut.map(({ file, kind }) => [file.slice(folder.length), kind]).slice(0, 9), [
      ["/bee.png", "repeated"],
      ["/cat/4.bmp", "format"],
      ["/cat/above", "repeated"],
      ["/cat/dog", "repeated"],
      ["/cat/self", "repeated"],
      ["/cat/up", "repeated"],
      ["/dog/again.png", "repeated"],
      ["/dog/broken.png", "unreadable"],
      ["/dog/cat", "repeated"],
    ]);
  }));

/** Folders with images, the parts that they open as, and for the parts that are not there the message. */
const layouts: [folders: string[], train: readonly string[] | RegExp, test: readonly string[] | RegExp][] = [
  [["train", "valid"], ["train"], ["valid"]],
  [["Train", "Val"], ["Train"], ["Val"]],
  [["training_set", "test_set"], ["training_set"], ["test_set"]],
  [["TRAINING", "Validation"], ["TRAINING"], ["Validation"]],
  [["train2017", "val2017", "annotated"], ["train2017"], ["val2017"]],
  [["train", "dev", "test"], ["train"], ["dev"]],
  [["train", "val", "valid"], ["train"], /the test part of .*: it can be val\/ or valid\/; give one of these/],
  [["train", "Train", "val"], /the train part of .*: it can be Train\/ or train\//, ["val"]],
  [["train"], ["train"], /cannot read the test part of .*: it has only train\//],
  [["val", "test"], /cannot read the train part of .*: it has only test\/ or val\//, ["val"]],
  [
    ["train", "bus", "car"],
    ["bus", "car", "train"],
    ["bus", "car", "train"],
  ],
];

for (const [folders, ...expected] of layouts)
  test(`a folder of ${folders.join(", ")} is opened by its parts, unless these are classes`, () =>
    withFolder(images(...folders.flatMap((name) => [`${name}/ant/1.png`, `${name}/bee/2.png`])), async (root) => {
      for (const [i, part] of (["train", "test"] as const).entries()) {
        const opening = openDataset([root], { needLabels: true, usualPart: part });
        const wanted = expected[i] as readonly string[] | RegExp;
        if (wanted instanceof RegExp) await assert.rejects(opening, wanted);
        else {
          const { items, classes } = await opening;
          assert.deepEqual([...new Set(items.map(({ path }) => path.slice(root.length + 1).split("/")[0]))], wanted);
          assert.deepEqual(classes, folders.includes("car") ? folders.sort() : ["ant", "bee"]);
        }
      }
    }));

test("classes have the same numbers in all parts, also in a part without images of some", () =>
  withFolder(
    images("train/ant/1.png", "train/bee/1.png", "train/cat/1.png", "val/ant/2.png", "val/cat/2.png", "test/x/1.png"),
    async (folder) => {
      const { items, classes } = await openDataset([folder], { needLabels: true, part: "test" });
      assert.deepEqual(items.map(classOf), [0, 2]);
      assert.deepEqual(classes, ["ant", "bee", "cat"]);
    },
  ));

test("a folder whose images are all in one subfolder with several folders is no data set of one class", () =>
  withFolder(images("all/train/ant/1.png", "all/val/ant/1.png"), async (folder) => {
    await assert.rejects(
      openDataset([folder], { needLabels: true }),
      /all images are in all\/, in its subfolders train\/, val\/; set `data` to .*all$/,
    );
    assert.equal((await openDataset([folder], { needLabels: false })).items.length, 2);
  }));

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
  [
    "a file in two classes",
    { ...images("a.png", "b.png"), "labels.csv": "file,class_index\r\na.png,1\r\n\r\nb.png,2\r\n./a.png,0\r\n" },
    /labels\.csv: "\.\/a\.png" has the class 1 in line 2 and 0 in line 5$/,
  ],
  [
    "a class larger than any number of classes",
    { ...images("a.png"), "labels.csv": "file,class_index\na.png,99999999999999999999" },
    /the class of "a\.png" is "99999999999999999999"; expected an integer from 0 to 999999, or nothing/,
  ],
  ["a fraction as class", { ...images("a.png"), "labels.csv": "file,class_index\na.png,1.5" }, /"a\.png" is "1\.5"/],
  [
    "a class outside classes.txt",
    { ...images("a.png"), "labels.csv": "file,class_index\na.png,2", "classes.txt": "cat\ndog\n" },
    /the class of "a\.png" is 2, but classes\.txt names 2 classes, 0 to 1/,
  ],
  [
    "a listed path outside it",
    { ...images("a.png"), "labels.csv": "file,class_index\n../a.png,2" },
    /"\.\.\/a\.png" is not a path inside the folder/,
  ],
  [
    "a listed absolute path",
    { ...images("a.png"), "labels.csv": "file,class_index\n/etc/passwd,2" },
    /"\/etc\/passwd" is not a path inside the folder/,
  ],
  ["labels in UTF-16", { ...images("a.png"), "labels.csv": "f\0i\0l\0e\0" }, /it is no text in UTF-8/],
  [
    "WordNet identifiers and another folder",
    images("n02102040/x.jpg", "n01440764/y.jpg", "readme_images/z.png"),
    /cannot use the folders of .* as classes: 2 of 3 are WordNet identifiers, and readme_images is not; move it elsewhere/,
  ],
  [
    "a WordNet identifier among other folders",
    images("cat/x.jpg", "dog/y.jpg", "n01440764/z.png"),
    /2 of 3 are other names, and n01440764 is not/,
  ],
  [
    "an identifier that ImageNet-1k does not have",
    images("n02102040/x.jpg", "n00000001/y.jpg"),
    /1 of 2 are classes of ImageNet-1k, and n00000001 is not/,
  ],
  ["a negative class", { ...images("a.png"), "labels.csv": "file,class_index\na.png,-1" }, /"a\.png" is "-1"/],
  [
    "labels of another folder",
    { ...images("a.png"), "labels.csv": "file,class_index\nb.png,1" },
    /none of its 1 files exists/,
  ],
  ["labels without rows", { ...images("a.png"), "labels.csv": "file,class_index\n" }, /labels\.csv: it lists no file$/],
  [
    "a column twice",
    { ...images("a.png"), "labels.csv": "file,class_index,file\na.png,1,b.png" },
    /it has several columns "file"/,
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
