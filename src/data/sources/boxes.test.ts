import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { sharedPath, skipWithoutShared } from "../../../testing/shared.js";
import { temporaryFolder, writeFiles } from "../../../testing/workspace.js";
import { encodeImage } from "../../platform/node/codec.js";
import { synthesize } from "../../synthetic/synthesize.js";
import type { Annotation } from "../annotation.js";
import { type DatasetOptions, openDataset } from "../dataset.js";
import { vocClasses } from "./voc-folder.js";

const boxes = (options: Partial<DatasetOptions> = {}): DatasetOptions => ({
  needLabels: false,
  annotations: "boxes",
  ...options,
});

/** Writes gray images of 40 x 30 pixels. */
async function writeImages(folder: string, names: readonly string[]): Promise<void> {
  writeFiles(folder, Object.fromEntries(names.map((name) => [name, ""])));
  const image = { width: 40, height: 30, data: new Uint8Array(40 * 30 * 3).fill(99) };
  for (const name of names) await encodeImage(image, join(folder, name));
}

const size = "<size><width>40</width><height>30</height><depth>3</depth></size>";
const object = (name: string, [xmin, ymin, xmax, ymax]: readonly (number | string)[], more = "") =>
  `<object><name>${name}</name>${more}<bndbox><xmin>${xmin}</xmin><ymin>${ymin}</ymin><xmax>${xmax}</xmax><ymax>${ymax}</ymax></bndbox></object>`;
const annotation = (...content: readonly string[]) => `<annotation>${size}${content.join("")}</annotation>`;

const boxesOf = ({ annotation }: { annotation: Annotation }) =>
  annotation.kind === "boxes" ? annotation.boxes : undefined;

test("VOC's corners, counted from 1 with the last pixel inside, become edges; flags and parts of a person are told apart", async (t) => {
  const folder = temporaryFolder(t);
  await writeImages(folder, ["JPEGImages/a.jpg", "JPEGImages/b.jpg"]);
  const flags = "<difficult>1</difficult><truncated>1</truncated>";
  const head = `<part><name>head</name><bndbox><xmin>3</xmin><ymin>3</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></part>`;
  writeFiles(folder, {
    "Annotations/a.xml": annotation(object("person", [1, 2, 40, 30], head), object("dog", [5.5, 6, 10, 12], flags)),
    "Annotations/b.xml": annotation(),
    "ImageSets/Main/test.txt": "a\nb\n",
  });
  const { items, classes, leftOut } = await openDataset([folder], boxes({ part: "test" }));
  assert.deepEqual(boxesOf(items[0] as never), [
    { class: vocClasses.indexOf("person"), left: 0, top: 1, right: 40, bottom: 30 },
    { class: vocClasses.indexOf("dog"), left: 4.5, top: 5, right: 10, bottom: 12, difficult: true, truncated: true },
  ]);
  assert.deepEqual(boxesOf(items[1] as never), [], "an image without objects is used");
  assert.deepEqual(classes, vocClasses);
  assert.deepEqual(leftOut, []);
});

test("broken, missing and empty VOC annotations are left out, each with its reason; good objects beside broken ones stay", async (t) => {
  const folder = temporaryFolder(t);
  const files: Record<string, string> = {
    "not-xml": "this is no XML",
    empty: "",
    nothing: "<annotation></annotation>",
    "other-root": "<html><body/></html>",
    reversed: annotation(object("dog", [20, 2, 10, 12])),
    nan: annotation(object("dog", ["NaN", 2, 10, 12])),
    unnamed: annotation(object("", [1, 2, 10, 12])),
    outside: annotation(object("dog", [50, 2, 60, 12])),
    half: annotation(object("dog", [1, 2, 10, 12]), object("cat", ["", 2, 10, 12])),
    clipped: annotation(object("cat", [-4, 2, 99, 12])),
    bomb: `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;">]>${annotation(object("&c;", [1, 2, 3, 4]))}`,
    inert: `<!DOCTYPE a SYSTEM "file:///etc/passwd">${annotation(object("dog", [1, 1, 9, 9]))}`,
    windows: `\uFEFF<?xml version="1.0"?>\r\n${annotation(object("dog", [1, 1, 9, 9])).replaceAll("><", ">\r\n<")}\r\n`,
    large: `${annotation()}<!--${"x".repeat(5_000_000)}-->`,
  };
  const names = [...Object.keys(files), "no-annotation", "with space"];
  await writeImages(
    folder,
    names.map((name) => `JPEGImages/${name}.png`),
  );
  writeFiles(folder, Object.fromEntries(Object.entries(files).map(([name, xml]) => [`Annotations/${name}.xml`, xml])));
  writeFiles(folder, {
    "Annotations/with space.xml": annotation(object("dog", [1, 1, 9, 9])),
    "ImageSets/Main/trainval.txt": `\uFEFF${[...names, "half", "absent", "../../../etc/passwd"].join("\r\n")}\r\n`,
  });
  const { items, leftOut = [], missing } = await openDataset([folder], boxes());
  const kept = new Map(items.map((item) => [item.path.replace(/.*JPEGImages.(.*)\.png/, "$1"), boxesOf(item)]));
  assert.deepEqual([...kept.keys()].sort(), ["clipped", "half", "inert", "outside", "windows", "with space"]);
  assert.equal(kept.get("half")?.length, 1);
  assert.deepEqual(kept.get("outside"), []);
  assert.deepEqual(kept.get("clipped"), [{ class: vocClasses.indexOf("cat"), left: 0, top: 1, right: 40, bottom: 12 }]);
  const reasons = (name: string) => leftOut.filter(({ file }) => file.endsWith(name)).map(({ reason }) => reason);
  assert.match(String(reasons("/not-xml.xml")), /^it is not XML/);
  assert.match(String(reasons("/bomb.xml")), /^it is not XML/);
  assert.deepEqual(reasons("/empty.xml"), ["it is empty"]);
  assert.deepEqual(reasons("/nothing.xml"), ["it has neither <object> nor <size>"]);
  assert.deepEqual(reasons("/other-root.xml"), ["it contains <html>, not <annotation>"]);
  assert.match(String(reasons("/reversed.xml")), /ends before it starts/);
  assert.match(String(reasons("/nan.xml")), /xmin of dog is "NaN", not a number/);
  assert.match(String(reasons("/unnamed.xml")), /it has no <name>/);
  assert.match(String(reasons("/outside.xml")), /1 outside the image/);
  assert.match(String(reasons("/half.xml")), /^1 of 2 objects left out/);
  assert.match(String(reasons("/large.xml")), /more than the limit/);
  assert.deepEqual(reasons("/no-annotation.xml"), ["no such file or folder"]);
  assert.deepEqual(reasons("/trainval.txt"), [
    "1 line left out: the image is listed already",
    "1 line left out: the name leads out of the folder",
  ]);
  assert.deepEqual(
    missing.map((path) => path.replace(/.*JPEGImages./, "")),
    ["absent.jpg"],
  );
});

test("the parts of a VOC folder share no image: val is the test part only where there is no test list", async (t) => {
  const folder = temporaryFolder(t);
  const year = join(folder, "VOCdevkit", "VOC2012");
  const names = ["a", "b", "c", "d"];
  await writeImages(
    year,
    names.map((name) => `JPEGImages/${name}.jpg`),
  );
  writeFiles(year, {
    ...Object.fromEntries(names.map((name) => [`Annotations/${name}.xml`, annotation(object("zebra", [1, 1, 9, 9]))])),
    "ImageSets/Main/train.txt": "a\nb\n",
    "ImageSets/Main/val.txt": "c\n",
    "ImageSets/Main/trainval.txt": "a\nb\nc\n",
    "ImageSets/Main/zebra_trainval.txt": "a  1\nc -1\n",
  });
  const stems = async (options: Partial<DatasetOptions>) =>
    (await openDataset([folder], boxes(options))).items.map(({ path }) => path.replace(/.*JPEGImages.(.*)\.jpg/, "$1"));
  assert.deepEqual(await stems({ part: "train" }), ["a", "b"]);
  assert.deepEqual(await stems({ part: "test" }), ["c"]);
  assert.deepEqual(await stems({ set: "trainval" }), ["a", "b", "c"]);
  assert.deepEqual(await stems({ set: "zebra_trainval" }), ["a", "c"]);
  writeFiles(year, { "ImageSets/Main/test.txt": "d\n" });
  assert.deepEqual(await stems({ part: "train" }), ["a", "b", "c"]);
  assert.deepEqual(await stems({ part: "test" }), ["d"]);
  assert.deepEqual((await stems({ set: "train, test" })).sort(), ["a", "b", "d"]);
  assert.deepEqual((await openDataset([folder], boxes())).classes, ["zebra"], "other names than VOC's are sorted");
  await assert.rejects(stems({ set: "tset" }), /has test, train, trainval, val; choose one of them as `set`/);
  const plain = await openDataset([folder], { needLabels: false, withLabels: false });
  assert.deepEqual(
    plain.items.map((item) => item.annotation.kind),
    ["none", "none", "none"],
  );
});

test("a devkit with two years asks for one of them; both can be given", async (t) => {
  const folder = temporaryFolder(t);
  for (const [year, name] of [
    ["VOC2007", "a"],
    ["VOC2012", "b"],
  ]) {
    await writeImages(join(folder, year as string), [`JPEGImages/${name}.jpg`]);
    writeFiles(join(folder, year as string), { [`Annotations/${name}.xml`]: annotation(object("dog", [1, 1, 9, 9])) });
  }
  await assert.rejects(openDataset([folder], boxes()), /it has VOC2007 and VOC2012/);
  const { items, classes } = await openDataset([join(folder, "VOC2007"), join(folder, "VOC2012")], boxes());
  assert.deepEqual([items.length, classes], [2, vocClasses]);
});

test("label maps of VOC are files of SegmentationClass; images without one are left out", async (t) => {
  const folder = temporaryFolder(t);
  await writeImages(folder, ["JPEGImages/a.jpg", "JPEGImages/b.jpg", "SegmentationClass/a.png"]);
  writeFiles(folder, {
    "ImageSets/Segmentation/val.txt": "a\nb\n",
    "ImageSets/Main/val.txt": "b\n",
    "Annotations/a.xml": "",
  });
  const options = { needLabels: false, annotations: "label-maps", part: "test" } as const;
  const { items, leftOut, classes } = await openDataset([folder], options);
  assert.deepEqual(
    items.map((item) => item.annotation),
    [{ kind: "label-map", path: join(folder, "SegmentationClass", "a.png") }],
  );
  assert.equal(leftOut?.length, 1);
  assert.deepEqual([classes?.length, classes?.[0]], [21, "background"]);
});

const instances = {
  images: [
    { id: 7, file_name: "b.png", width: 40, height: 30 },
    { id: 3, file_name: "a.png", width: 40, height: 30 },
    { id: 3, file_name: "again.png" },
    { id: 9, file_name: "absent.png" },
  ],
  annotations: [
    {
      id: 1,
      image_id: 3,
      category_id: 90,
      bbox: [30, 10, 20, 10],
      area: 55.5,
      iscrowd: 0,
      segmentation: [[1, 2, 3, 4]],
    },
    { id: 2, image_id: 3, category_id: 2, bbox: [0, 0, 9.5, 9], area: 80, iscrowd: 1, segmentation: { counts: "x" } },
    { id: 3, image_id: 4, category_id: 2, bbox: [0, 0, 9, 9] },
    { id: 4, image_id: 3, category_id: 5, bbox: [0, 0, 9, 9] },
    { id: 5, image_id: 3, category_id: 2, bbox: [0, 0, -9, 9] },
    { id: 6, image_id: 3, category_id: 2, bbox: [0, null, 9, 9] },
    { id: 7, image_id: 3, category_id: 2, bbox: [41, 0, 9, 9] },
  ],
  categories: [
    { id: 90, name: "toothbrush" },
    { id: 2, name: "traffic light" },
  ],
};

test("COCO's category ids become classes in their order; crowds and areas are kept, unusable annotations counted", async (t) => {
  const folder = temporaryFolder(t);
  await writeImages(folder, ["val2017/a.png", "val2017/b.png", "train2017/c.png"]);
  const file = join(folder, "annotations", "instances_val2017.json");
  writeFiles(folder, { "annotations/instances_val2017.json": `\uFEFF${JSON.stringify(instances)}` });
  for (const [path, usualPart] of [
    [file, "train"],
    [folder, "test"],
  ] as const) {
    const { items, classes, missing, leftOut = [] } = await openDataset([path], boxes({ usualPart }));
    assert.deepEqual(classes, ["traffic light", "toothbrush"]);
    assert.deepEqual(items.map(boxesOf), [
      [
        { class: 1, left: 30, top: 10, right: 40, bottom: 20, area: 55.5 },
        { class: 0, left: 0, top: 0, right: 9.5, bottom: 9, crowd: true, area: 80 },
      ],
      [],
    ]);
    assert.deepEqual(missing, [join(folder, "val2017", "absent.png")]);
    assert.deepEqual(leftOut.map(({ reason }) => reason).sort(), [
      "1 left out: a bbox has a negative size (first: id 5)",
      "1 left out: a bbox is empty, or outside its image",
      "1 left out: a bbox is not four numbers (first: id 6)",
      "1 left out: an annotation is of an unknown category (first: id 4)",
      "1 left out: an annotation is of an unknown image (first: id 3)",
      "1 left out: an image has the id of another (first: id 3)",
    ]);
  }
  await assert.rejects(
    openDataset([folder], boxes({ part: "train" })),
    /the train part of .* has instances_val2017.json/,
  );
});

test("a file of instances that is none is refused in one sentence", async (t) => {
  const folder = temporaryFolder(t);
  const cases = { "": /not JSON/, "[]": /no list "images"/, '{"images":[],"annotations":[]}': /no list "categories"/ };
  for (const [content, message] of Object.entries(cases)) {
    writeFiles(folder, { "instances.json": content });
    await assert.rejects(openDataset([join(folder, "instances.json")], boxes()), message);
  }
});

test("the boxes of a synthetic set are read; without its boxes.csv the folder is refused", async (t) => {
  const folder = join(temporaryFolder(t), "set");
  await synthesize(folder, { count: 4, classes: 2, objects: 3, boxes: true });
  const { items, classes } = await openDataset([folder], boxes());
  assert.equal(items.length, 4);
  assert.equal(classes?.length, 2);
  const all = items.flatMap((item) => boxesOf(item) ?? []);
  assert.ok(all.length >= 4);
  assert.ok(all.every(({ left, top, right, bottom }) => left >= 0 && top >= 0 && right <= 64 && bottom <= 64));
  const plain = join(temporaryFolder(t), "plain");
  await synthesize(plain, { count: 2, classes: 2 });
  await assert.rejects(openDataset([plain], boxes()), /cannot read the boxes of .*: it has none/);
});

test("voc-format has 97 + 100 images with 452 + 515 objects", { skip: skipWithoutShared }, async () => {
  const path = sharedPath("assets/voc-format");
  for (const [part, images, objects] of [
    ["train", 97, 452],
    ["test", 100, 515],
  ] as const) {
    const { items, leftOut, missing, selection } = await openDataset([path], boxes({ part }));
    assert.deepEqual([items.length, items.flatMap((item) => boxesOf(item) ?? []).length], [images, objects]);
    assert.deepEqual([leftOut, missing, selection], [[], [], `${part} part`]);
  }
});
