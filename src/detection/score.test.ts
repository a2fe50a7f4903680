import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { legible } from "../../testing/run-command.js";
import { sharedPath, skipWithoutShared } from "../../testing/shared.js";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { readDevkitResults, writeDevkitResults } from "./result-files.js";
import { type DetectionScore, scoreDetections } from "./score.js";

type Corners = readonly [number, number, number, number];

/** A problem of `shared/reference/detection/cases.json` with the answers of VOC's devkit and pycocotools. */
interface Case {
  readonly width: number;
  readonly height: number;
  readonly images: number;
  readonly classes: number;
  readonly truth: readonly { image: number; cls: number; box: Corners; difficult: boolean }[];
  readonly found: readonly { image: number; cls: number; box: Corners; score: number }[];
  readonly voc: Readonly<Record<string, { ap11: number; area: number; positives: number } | null>>;
  readonly coco: Readonly<
    Record<"AP" | "AP50" | "AP75" | "APsmall" | "APmedium" | "APlarge" | "AR1" | "AR10" | "AR100", number>
  >;
}

const stemOf = (image: number) => String(image + 1).padStart(6, "0");
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);
const bboxOf = ([left, top, right, bottom]: Corners) => [left, top, right - left, bottom - top];

/** Writes a case as a VOC folder. */
function writeVoc(folder: string, each: Case, names: readonly string[]): string {
  const object = ({ cls, box: [xmin, ymin, xmax, ymax], difficult }: Case["truth"][number]) =>
    `<object><name>${names[cls]}</name><difficult>${Number(difficult)}</difficult><bndbox><xmin>${xmin}</xmin><ymin>${ymin}</ymin><xmax>${xmax}</xmax><ymax>${ymax}</ymax></bndbox></object>`;
  const size = `<size><width>${each.width}</width><height>${each.height}</height><depth>3</depth></size>`;
  const annotation = (image: number) =>
    `<annotation>${size}${each.truth
      .filter((box) => box.image === image)
      .map(object)
      .join("")}</annotation>`;
  writeFiles(folder, {
    ...Object.fromEntries(upTo(each.images).map((image) => [`Annotations/${stemOf(image)}.xml`, annotation(image)])),
    "ImageSets/Main/test.txt": `${upTo(each.images).map(stemOf).join("\n")}\n`,
  });
  return folder;
}

/** Writes the detections of a case as the devkit's result files. */
function writeDevkit(folder: string, each: Case, names: readonly string[]): string {
  const line = ({ image, score, box }: Case["found"][number]) => [stemOf(image), score, ...box].join(" ");
  const files = names.map((name, cls) => [
    `comp4_det_test_${name}.txt`,
    `${each.found
      .filter((box) => box.cls === cls)
      .map(line)
      .join("\r\n")}\r\n`,
  ]);
  writeFiles(folder, Object.fromEntries(files));
  return folder;
}

/** Writes the truth of a case as COCO's instances: category ids are 10 apart, and image ids count from 1. */
function writeInstances(path: string, each: Case, names: readonly string[]): string {
  const content = {
    images: upTo(each.images).map((image) => ({ id: image + 1, file_name: `${stemOf(image)}.jpg` })),
    annotations: each.truth.map(({ image, cls, box, difficult }, i) => {
      const [x, y, width = 0, height = 0] = bboxOf(box);
      const bbox = [x, y, width, height];
      return {
        id: i + 1,
        image_id: image + 1,
        category_id: 10 * cls + 3,
        bbox,
        area: width * height,
        iscrowd: 0,
        difficult,
      };
    }),
    categories: names.map((name, cls) => ({ id: 10 * cls + 3, name })),
  };
  writeFiles(join(path, ".."), { "instances.json": JSON.stringify(content) });
  return path;
}

/** Writes the detections of a case in COCO's result format. */
function writeResults(folder: string, each: Case, categoryOf: (cls: number) => number | string): string {
  const content = each.found.map(({ image, cls, box, score }) => ({
    image_id: image + 1,
    category_id: categoryOf(cls),
    bbox: bboxOf(box),
    score,
  }));
  writeFiles(folder, { "results.json": JSON.stringify(content) });
  return join(folder, "results.json");
}

function assertAnswers({ voc, coco }: DetectionScore, each: Case, names: readonly string[], what: string): void {
  const close = (actual: number | null | undefined, expected: number, name: string) =>
    assert.ok(
      typeof actual === "number" && Math.abs(actual - expected) < 1e-6,
      `${what}, ${name}: ${actual}, not ${expected}`,
    );
  for (const [cls, expected] of Object.entries(each.voc)) {
    const actual = voc.classes[names[Number(cls)] as string];
    if (!expected) {
      assert.deepEqual(actual ?? null, actual ? { ap11: null, ap: null, positives: 0 } : null, what);
      continue;
    }
    close(actual?.ap11, expected.ap11, `${names[Number(cls)]} ap11`);
    close(actual?.ap, expected.area, `${names[Number(cls)]} ap`);
    assert.equal(actual?.positives, expected.positives);
  }
  for (const [name, expected] of Object.entries(each.coco)) close(coco[name as keyof Case["coco"]], expected, name);
}

test("every reference case has its answers as VOC folder or instances.json, with either format of detections", {
  skip: skipWithoutShared,
}, async (t) => {
  const folder = temporaryFolder(t);
  const cases: Case[] = JSON.parse(readFileSync(sharedPath("reference/detection/cases.json"), "utf8"));
  for (const [index, each] of cases.entries()) {
    const place = join(folder, String(index));
    const names = upTo(each.classes).map((cls) => `kind_${String(cls).padStart(2, "0")}`);
    const voc = writeVoc(join(place, "voc"), each, names);
    const devkit = writeDevkit(join(place, "devkit"), each, names);
    const instances = writeInstances(join(place, "instances.json"), each, names);
    const byId = writeResults(join(place, "ids"), each, (cls) => 10 * cls + 3);
    const byName = writeResults(join(place, "names"), each, (cls) => names[cls] as string);
    for (const [truth, found] of [
      [voc, devkit],
      [instances, byId],
      [voc, byName],
      [instances, devkit],
    ] as const)
      assertAnswers(await scoreDetections(truth, found), each, names, `case ${index}, ${truth} and ${found}`);
  }
});

const tiny: Case = {
  width: 100,
  height: 80,
  images: 3,
  classes: 2,
  truth: [
    { image: 0, cls: 0, box: [1, 1, 20, 20], difficult: false },
    { image: 0, cls: 1, box: [30, 30, 60, 60], difficult: true },
    { image: 1, cls: 1, box: [5, 5, 40, 40], difficult: false },
  ],
  found: [
    { image: 0, cls: 0, box: [1, 1, 20, 20], score: 0.9 },
    { image: 0, cls: 1, box: [30, 30, 60, 60], score: 0.8 },
    { image: 2, cls: 1, box: [5, 5, 40, 40], score: 0.7 },
    { image: 1, cls: 1, box: [5, 5, 40, 40], score: 0.6 },
  ],
  voc: {},
  coco: {} as Case["coco"],
};

/** The tiny case with VOC's names in a folder. */
function writeTiny(t: TestContext) {
  const folder = temporaryFolder(t);
  const names = ["aeroplane", "bicycle"];
  return {
    folder,
    voc: writeVoc(join(folder, "voc"), tiny, names),
    devkit: writeDevkit(join(folder, "devkit"), tiny, names),
    instances: writeInstances(join(folder, "instances.json"), tiny, names),
    ids: writeResults(folder, tiny, (cls) => cls + 1),
  };
}

test("score prints both conventions, and writes them as JSON; category ids of a VOC folder count its classes from 1", async (t) => {
  const { folder, voc, ids } = writeTiny(t);
  const json = join(folder, "scores.json");
  const { code, out, err } = await legible(["score", "--truth", voc, "--found", ids, "--set", "test", "--json", json]);
  assert.equal(code, 0, err);
  assert.match(out, /\| aeroplane +\| +1 \| +100\.00 \| +100\.00 \| +100\.00 /);
  assert.match(out, /\| mean +\| +2 \| +75\.00 /);
  assert.match(err, /truth .*voc, set test: 3 images, 3 objects \(1 difficult\)/);
  const result: DetectionScore = JSON.parse(readFileSync(json, "utf8"));
  assert.equal(Object.keys(result.voc.classes).length, 20);
  assert.deepEqual(result.voc.classes.aeroplane, { ap11: 1, ap: 1, positives: 1 });
  assert.deepEqual(result.voc.classes.bicycle, { ap11: 0.5, ap: 0.5, positives: 1 });
  assert.deepEqual(result.voc.classes.cow, { ap11: null, ap: null, positives: 0 });
  assert.deepEqual([result.voc.map11, result.voc.map], [0.75, 0.75]);
  assert.equal(result.counts.detections, 4);
});

test("a crowd counts neither way for both conventions; it matches any number of detections", async (t) => {
  const { folder, instances } = writeTiny(t);
  const content = JSON.parse(readFileSync(instances, "utf8"));
  content.annotations[1] = { ...content.annotations[1], iscrowd: 1, difficult: false };
  const part = { image_id: 1, category_id: 13, score: 0.99 };
  const found = [
    { ...part, bbox: [30, 30, 10, 10] },
    { ...part, bbox: [40, 40, 10, 10] },
    { image_id: 2, category_id: 13, bbox: [5, 5, 35, 35], score: 0.5 },
  ];
  writeFiles(folder, { "crowd.json": JSON.stringify(content), "found.json": JSON.stringify(found) });
  const { voc, coco, counts } = await scoreDetections(join(folder, "crowd.json"), join(folder, "found.json"));
  assert.equal(coco.classes.bicycle?.AP, 1, "COCO: parts of a crowd are ignored");
  assert.equal(voc.classes.bicycle?.positives, 1);
  assert.ok(
    Math.abs((voc.classes.bicycle?.ap ?? 0) - 1 / 3) < 1e-9,
    "VOC: they overlap the crowd's box too little to match",
  );
  assert.equal(counts.crowds, 1);
});

test("a box of 32 x 32 pixels is small and medium wherever it is, as its size and not its rounded corners decides", async (t) => {
  const folder = temporaryFolder(t);
  assert.notEqual(5.3 + 32 - 5.3, 32);
  const box = { image_id: 1, category_id: 1, bbox: [5.3, 5.3, 32, 32] };
  const truth = { images: [{ id: 1 }], annotations: [{ ...box, id: 1 }], categories: [{ id: 1, name: "cat" }] };
  writeFiles(folder, { "truth.json": JSON.stringify(truth), "found.json": JSON.stringify([{ ...box, score: 1 }]) });
  const { coco } = await scoreDetections(join(folder, "truth.json"), join(folder, "found.json"));
  assert.deepEqual([coco.APsmall, coco.APmedium, coco.APlarge], [1, 1, -1]);
});

test("detections in unknown images and of unknown categories are left out and counted", async (t) => {
  const { folder, instances, devkit } = writeTiny(t);
  const extra = { image_id: 77, category_id: 3, bbox: [1, 1, 5, 5], score: 1 };
  writeFiles(folder, { "extra.json": JSON.stringify([extra, { ...extra, image_id: "000002.jpg", category_id: 4 }]) });
  const { counts } = await scoreDetections(instances, join(folder, "extra.json"));
  assert.deepEqual([counts.detections, counts.inUnknownImages, counts.ofUnknownCategories], [0, 1, 1]);
  writeFiles(devkit, { "comp4_det_test_a class_more.txt": "000001 0.5 1 1 5 5\nnone such 0.4 1 1 5 5\n" });
  const more = await scoreDetections(instances, devkit);
  assert.deepEqual(more.voc.classes["a class_more"], { ap11: null, ap: null, positives: 0 });
  assert.equal(more.counts.inUnknownImages, 1);
});

test("without detections every average precision is 0, and without objects there is none", async (t) => {
  const { folder, voc, instances } = writeTiny(t);
  writeFiles(folder, { "none.json": "[]", "empty/aeroplane.txt": "" });
  for (const found of ["none.json", "empty"]) {
    const { voc: figures, coco } = await scoreDetections(voc, join(folder, found));
    assert.deepEqual([figures.map11, figures.map, coco.AP, coco.AR100], [0, 0, 0, 0]);
  }
  const content = { ...JSON.parse(readFileSync(instances, "utf8")), annotations: [] };
  writeFiles(folder, { "no-objects.json": JSON.stringify(content) });
  const { voc: figures, coco } = await scoreDetections(join(folder, "no-objects.json"), join(folder, "none.json"));
  assert.deepEqual([figures.map11, figures.map, coco.AP, coco.AR100], [null, null, -1, -1]);
});

test("unusable detections are refused with file and line, or the number of the entry", async (t) => {
  const { folder, voc } = writeTiny(t);
  const lines: Record<string, RegExp> = {
    "000001 0.9 1 1 5": /bad.txt, line 2: it has 5 fields; expected image, score, x1, y1, x2, y2/,
    "000001 nan 1 1 5 5": /bad.txt, line 2: score is "nan", not a number/,
    "000001 0.9 1 1 5 e": /bad.txt, line 2: y2 is "e", not a number/,
    "000001 0.9 9 1 5 5": /bad.txt, line 2: the box ends before it starts/,
  };
  for (const [line, message] of Object.entries(lines)) {
    writeFiles(folder, { "lines/bad.txt": `000001 0.9 1 1 5 5\n${line}\n` });
    await assert.rejects(scoreDetections(voc, join(folder, "lines")), message);
  }
  const good = '"image_id": 1, "category_id": 1';
  const contents: Record<string, RegExp> = {
    "{": /is not JSON/,
    "{}": /it is no list/,
    "[1]": /entry 1: it is no object/,
    '[{"category_id": 1}]': /entry 1: image_id is missing/,
    [`[{${good}, "bbox": [1, 1, 2, 2], "score": null}]`]: /entry 1: score is null; expected a number/,
    [`[{${good}, "bbox": [1, 1, 2], "score": 1}]`]: /entry 1: bbox is \[1,1,2\]; expected \[x, y, width, height\]/,
    [`[{${good}, "bbox": [1, 1, -2, 2], "score": 1}]`]: /must not be negative/,
    '[{"image_id": 1, "category_id": 21, "bbox": [1, 1, 2, 2], "score": 1}]':
      /category_id 21 is not one of the 20 classes/,
  };
  for (const [content, message] of Object.entries(contents)) {
    writeFiles(folder, { "bad.json": content });
    await assert.rejects(scoreDetections(voc, join(folder, "bad.json")), message);
  }
});

test("a truth or results that are no such files are refused in one sentence", async (t) => {
  const { folder, voc, devkit, ids, instances } = writeTiny(t);
  writeFiles(folder, { "other/readme.md": "x", "both/a_det_val_dog.txt": "", "both/a_det_test_dog.txt": "" });
  const at = (name: string) => join(folder, name);
  await assert.rejects(scoreDetections(at("other"), ids), /it contains readme.md; expected a folder of PASCAL VOC/);
  await assert.rejects(scoreDetections(at("absent"), ids), /it is no folder and no .json file/);
  await assert.rejects(scoreDetections(voc, at("other")), /it has no result files/);
  await assert.rejects(scoreDetections(voc, at("absent.json")), /no such file/);
  await assert.rejects(scoreDetections(voc, devkit, { set: "val" }), /has test; choose one of them as `set`/);
  await assert.rejects(scoreDetections(instances, at("both")), /files of the sets test, val; choose one as `set`/);
  await assert.rejects(scoreDetections(instances, ids, { set: "test" }), /`set` has no effect/);
  assert.equal((await scoreDetections(instances, at("both"), { set: "val" })).counts.detections, 0);
});

test("written result files have the devkit's corners, and a file for each class", async (t) => {
  const folder = temporaryFolder(t);
  const box = { class: 1, score: 0.25, left: 0, top: 9.5, right: 20, bottom: 30 };
  await writeDevkitResults(folder, "test", ["cat", "dog"], [{ image: "000001", boxes: [box] }]);
  assert.equal(readFileSync(join(folder, "comp4_det_test_dog.txt"), "utf8"), "000001 0.25 1 10.5 20 30\n");
  assert.equal(readFileSync(join(folder, "comp4_det_test_cat.txt"), "utf8"), "");
  assert.deepEqual(await readDevkitResults(folder), [
    { image: "000001", category: "dog", score: 0.25, left: 1, top: 10.5, right: 20, bottom: 30 },
  ]);
});
