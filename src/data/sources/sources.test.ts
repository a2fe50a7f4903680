import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { imagenetMeta } from "../../../testing/imagenet-meta.js";
import { temporaryFolder, writeFiles } from "../../../testing/workspace.js";
import { UserError } from "../../errors.js";
import { classOf } from "../annotation.js";
import { openDataset } from "../dataset.js";
import { wnids } from "../imagenet.js";
import { type Item, readItem, titleOf } from "../item.js";
import { openLoader } from "../loader.js";
import { findTask } from "../tasks/index.js";
import type { Part } from "./source.js";

const PIXELS = 3 * 32 * 32;

/** A file of CIFAR records with the given heads. Byte k of record i's image is (7k + i) mod 251. */
const records = (...heads: number[][]): Uint8Array =>
  Uint8Array.from(
    heads.flatMap((head, i) => [...head, ...Array.from({ length: PIXELS }, (_, k) => (7 * k + i) % 251)]),
  );

const cifar10 = () => ({
  ...Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}.bin`, records([i], [9])])),
  "test_batch.bin": records([3], [0], [4]),
  "batches.meta.txt": "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n",
});

function folderWith(t: TestContext, files: Record<string, string | Uint8Array>): string {
  const folder = temporaryFolder(t);
  writeFiles(folder, files);
  return folder;
}

const open = (folder: string, part: Part = "train") => openDataset([folder], { needLabels: true, usualPart: part });

const named = (items: readonly Item[], folder: string) =>
  items.map((item) => [titleOf(item).slice(folder.length + 1), classOf(item)]);

test("CIFAR-10's folder is opened as its training or test part, with class names", async (t) => {
  const folder = folderWith(t, cifar10());
  const { items, classes, selection } = await open(folder);
  assert.equal(items.length, 10);
  assert.deepEqual(named(items, folder).slice(0, 3), [
    ["data_batch_1.bin#0", 1],
    ["data_batch_1.bin#1", 9],
    ["data_batch_2.bin#0", 2],
  ]);
  assert.deepEqual([classes?.length, classes?.[3], selection], [10, "cat", "train part"]);
  const test = await open(folder, "test");
  assert.deepEqual(named(test.items, folder), [
    ["test_batch.bin#0", 3],
    ["test_batch.bin#1", 0],
    ["test_batch.bin#2", 4],
  ]);
  assert.deepEqual((await open(join(folder, "test_batch.bin"))).items, test.items);
});

test("CIFAR-100 is opened with its fine classes", async (t) => {
  const folder = folderWith(t, { "train.bin": records([0, 99], [19, 5]), "test.bin": records([7, 42]) });
  const train = await open(folder);
  assert.deepEqual(train.items.map(classOf), [99, 5]);
  assert.deepEqual(named((await open(folder, "test")).items, folder), [["test.bin#0", 42]]);
});

test("the planes of a CIFAR record become the image's channels", async (t) => {
  const folder = folderWith(t, cifar10());
  const { items } = await open(folder, "test");
  const { width, height, data } = await readItem(items[2] as Item);
  assert.deepEqual([width, height], [32, 32]);
  for (const [x, y, channel] of [
    [0, 0, 0],
    [5, 0, 1],
    [31, 31, 2],
    [0, 17, 2],
  ] as const)
    assert.equal(data[(y * 32 + x) * 3 + channel], (7 * (channel * 1024 + y * 32 + x) + 2) % 251);
});

test("the loader's worker threads decode CIFAR records", async (t) => {
  const folder = folderWith(t, { ...cifar10(), "test_batch.bin": records([3]) });
  const dataset = await open(folder, "test");
  const loader = openLoader({ dataset, task: findTask("sr", { scale: 2 }), batch: 1, crop: 32, seed: 0 });
  const { images, labels } = await loader.next().finally(() => loader.close());
  assert.deepEqual([...loader.broken], []);
  assert.equal(labels[0], 3n);
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
  const { data } = await readItem(dataset.items[0] as Item);
  assert.ok(Math.abs(sum(images.clean) * 255 - sum(data)) < 1); // the sum does not change if the image is flipped
});

const wrongCifar: [what: string, files: Record<string, string | Uint8Array>, message: RegExp][] = [
  [
    "truncated",
    { "test_batch.bin": records([1], [2]).slice(0, -1) },
    /its size, 6145 bytes, is not a multiple of the record size 3073/,
  ],
  ["empty", { "test_batch.bin": "" }, /its size, 0 bytes, is not a multiple/],
  ["of another kind", { "test_batch.bin": records([10]) }, /image 0 has class 10, but there are only 10/],
  ["missing", { "data_batch_1.bin": records([1]) }, /cannot read the test part of .*: test_batch\.bin is missing/],
];

for (const [what, files, message] of wrongCifar)
  test(`a CIFAR file that is ${what} is refused`, async (t) =>
    assert.rejects(
      open(folderWith(t, files), "test"),
      (error) => error instanceof UserError && message.test(error.message),
    ));

test("reading an image of a CIFAR file truncated after opening is refused with the file's name", async (t) => {
  const folder = folderWith(t, { "test_batch.bin": records([1], [2]) });
  const { items } = await open(folder, "test");
  writeFiles(folder, { "test_batch.bin": records([1]) });
  await assert.rejects(readItem(items[1] as Item), /cannot read image 1 of .*test_batch\.bin: the file is truncated/);
});

const tiny = {
  "wnids.txt": "n03000000\nn01000000\nn02000000\n",
  "train/n01000000/images/n01000000_0.JPEG": "",
  "train/n01000000/n01000000_boxes.txt": "n01000000_0.JPEG\t0\t0\t9\t9\n",
  "train/n02000000/images/n02000000_5.JPEG": "",
  "train/n03000000/images/n03000000_7.JPEG": "",
  "val/images/val_0.JPEG": "",
  "val/images/val_1.JPEG": "",
  "val/val_annotations.txt": "val_0.JPEG\tn03000000\t0\t32\t44\t62\nval_1.JPEG\tn01000000\t52\t55\t57\t59\n",
  "test/images/test_0.JPEG": "",
};

test("Tiny-ImageNet's classes are its sorted identifiers, whether its root, train/ or val/ is opened", async (t) => {
  const folder = folderWith(t, tiny);
  const train = [
    ["train/n01000000/images/n01000000_0.JPEG", 0],
    ["train/n02000000/images/n02000000_5.JPEG", 1],
    ["train/n03000000/images/n03000000_7.JPEG", 2],
  ];
  const val = [
    ["val/images/val_0.JPEG", 2],
    ["val/images/val_1.JPEG", 0],
  ];
  for (const path of [folder, join(folder, "train")]) assert.deepEqual(named((await open(path)).items, folder), train);
  for (const path of [folder, join(folder, "val")]) {
    const { items, classes } = await open(path, "test");
    assert.deepEqual(named(items, folder), val);
    assert.deepEqual(classes, ["n01000000", "n02000000", "n03000000"]);
  }
  await assert.rejects(open(join(folder, "test")), /cannot use the classes of .*: 1 of 1 images have none/);
});

test("a Tiny-ImageNet annotation with an unknown identifier is refused", async (t) => {
  const folder = folderWith(t, { ...tiny, "val/val_annotations.txt": "val_0.JPEG\tn09999999\t0\t0\t1\t1\n" });
  await assert.rejects(open(folder, "test"), /the class of val_0\.JPEG is "n09999999", which is not in wnids\.txt/);
});

const imagenet = {
  "train/n01440764/n01440764_1.JPEG": "",
  "train/n02102040/n02102040_2.JPEG": "",
  "val/ILSVRC2012_val_00000001.JPEG": "",
  "val/ILSVRC2012_val_00000002.JPEG": "",
};

test("a wnids.txt in ImageNet's folder does not change its classes", async (t) => {
  const folder = folderWith(t, { ...imagenet, "wnids.txt": "n02102040\n" });
  assert.deepEqual((await open(folder)).items.map(classOf), [0, 217]);
});

/** Equivalent definitions of the classes of the validation images. */
const validation: [what: string, files: Record<string, string>][] = [
  [
    "a csv of numbers",
    { "val/labels.csv": "file,class_index\nILSVRC2012_val_00000001.JPEG,65\nILSVRC2012_val_00000002.JPEG,970\n" },
  ],
  [
    "a csv of identifiers",
    {
      "val/labels.csv": `wnid,file\n${wnids[65]},ILSVRC2012_val_00000001.JPEG\n${wnids[970]},ILSVRC2012_val_00000002.JPEG\n`,
    },
  ],
  [
    "Kaggle's list",
    {
      "LOC_val_solution.csv": `ImageId,PredictionString\nILSVRC2012_val_00000002,${wnids[970]} 1 2 3 4 ${wnids[970]} 5 6 7 8 \nILSVRC2012_val_00000001,${wnids[65]} 85 1 499 272 \n`,
    },
  ],
];

for (const [what, files] of validation)
  test(`${what} defines the classes of ImageNet's val/`, async (t) => {
    const folder = folderWith(t, { ...imagenet, ...files });
    for (const path of [folder, join(folder, "val")])
      assert.deepEqual((await open(path, "test")).items.map(classOf), [65, 970]);
  });

const TRUTH = "ILSVRC2012_validation_ground_truth.txt";

test("the devkit's ground truth and meta.mat define the classes of ImageNet's val/", async (t) => {
  for (const place of ["", "ILSVRC2012_devkit_t12/data/"]) {
    const folder = folderWith(t, { ...imagenet, [`${place}${TRUTH}`]: "3\n1\n", [`${place}meta.mat`]: imagenetMeta });
    // torchvision's order of the 1000 classes: Siberian husky 250, kit fox 278.
    assert.deepEqual((await open(folder, "test")).items.map(classOf), [250, 278]);
  }
});

test("a ground truth whose meta.mat is missing or damaged is refused", async (t) => {
  const alone = folderWith(t, { ...imagenet, [TRUTH]: "3\n1\n" });
  await assert.rejects(open(alone, "test"), /cannot read .*meta\.mat, .*ILSVRC2012_ID.*: no such file/);
  writeFiles(alone, { "meta.mat": imagenetMeta.subarray(0, 300) });
  await assert.rejects(open(alone, "test"), /cannot read .*meta\.mat, .*ILSVRC2012_ID.*: it is truncated/);
});

test("an identifier outside ImageNet-1k is refused with the name of its file", async (t) => {
  const folder = folderWith(t, {
    ...imagenet,
    "val/labels.csv": "file,wnid\nILSVRC2012_val_00000001.JPEG,n00000001\n",
  });
  await assert.rejects(open(folder, "test"), /labels\.csv: the class of "ILSVRC.*" is "n00000001"; expected a WordNet/);
});

test("CIFAR exported to image files, one folder per class, gets the standard class order", async (t) => {
  const names = ["truck", "cat", "airplane"];
  const folder = folderWith(
    t,
    Object.fromEntries(["train", "test"].flatMap((part) => names.map((n) => [`${part}/${n}/1.png`, ""]))),
  );
  for (const part of ["train", "test"] as const) {
    const { items, classes } = await open(folder, part);
    assert.deepEqual(
      items.map((item) => [basename(dirname(dirname(item.path))), basename(dirname(item.path)), classOf(item)]),
      ["airplane", "cat", "truck"].map((name, label) => [part, name, label]),
    );
    assert.deepEqual(classes, ["airplane", "cat", "truck"]);
  }
});

test("data sets with different classes are refused if classes are required, and combined otherwise", async (t) => {
  const cifar = folderWith(t, cifar10());
  const folder = folderWith(t, { "cat/1.png": "", "sofa/1.png": "" });
  await assert.rejects(
    openDataset([cifar, folder], { needLabels: true }),
    /different classes: .* airplane, automobile, bird, … in one folder and cat, sofa in another/,
  );
  const { items, classes } = await openDataset([cifar, folder], { needLabels: false });
  assert.deepEqual([items.length, classes], [12, undefined]);
});
