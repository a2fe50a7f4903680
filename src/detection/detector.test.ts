import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { type DetectorSpec, SIDE, writeDetector } from "../../testing/detector-files.js";
import { flatImage, formulaImage } from "../../testing/images.js";
import { sharedPath, skipWithoutShared } from "../../testing/shared.js";
import { openDataset } from "../data/dataset.js";
import { readItem } from "../data/item.js";
import type { FoundBox, TrueBox } from "../metrics/detection/boxes.js";
import { vocAveragePrecision } from "../metrics/detection/voc.js";
import type { GraphBuilder } from "../onnx/builder.js";
import { float32, int64 } from "../onnx/tensor.js";
import { type OpenDetectorSettings, openDetector } from "./detector.js";

async function open(
  t: TestContext,
  spec: DetectorSpec,
  settings: OpenDetectorSettings = {},
  names?: readonly string[],
) {
  const detector = await openDetector(await writeDetector(t, spec), settings, {}, names);
  t.after(() => detector.release());
  return detector;
}

/** The mean of the image, which makes an output depend on it. */
const brightness = (b: GraphBuilder, x: string): string => b.ReduceMean(x, [1, 2, 3]);

/** Rows that are the same for each image: [1, rows, 6 or more]. */
const fixedRows =
  (rows: readonly (readonly number[])[]): DetectorSpec["build"] =>
  (b, x) => {
    const values = b.constant(float32(rows.flat(), [1, rows.length, rows[0]?.length ?? 0]));
    return { output0: b.Add(values, b.Mul(b.ReduceSum(brightness(b, x), [1], false), b.zero)) };
  };

/** Corners in the input, score, class. */
const rows = fixedRows([
  [4, 12, 20, 20, 0.9, 1],
  [0, 0, 32, 32, 0.8, 0],
]);

const rounded = (box: object) => Object.values(box).map((value) => Number(Number(value).toFixed(4)));

test("a letterbox is undone: corners are pixels of the image, inside it", async (t) => {
  const detector = await open(t, { build: rows });
  assert.equal(detector.settings.resize, "letterbox");
  // 64 x 32 becomes 32 x 16 between borders of 8 rows: x doubles, y = 2 · (y - 8).
  const [prediction] = await detector.predict([formulaImage(64, 32)]);
  assert.deepEqual(prediction?.boxes.map(rounded), [
    [1, 0.9, 8, 8, 40, 24],
    [0, 0.8, 0, 0, 64, 32],
  ]);
});

test("a stretch is undone with a factor for each axis", async (t) => {
  const detector = await open(t, { build: rows }, { resize: "stretch" });
  const [prediction] = await detector.predict([formulaImage(64, 16)]);
  assert.deepEqual(rounded(prediction?.boxes[0] ?? {}), [1, 0.9, 8, 6, 40, 10]);
});

test("the border of a letterbox has the gray 114, and an image of one pixel can be searched", async (t) => {
  const corner: DetectorSpec["build"] = (b, x) => {
    const gray = b.Reshape(b.Slice(x, [1, 2, 3], [0, 0, 0], [1, 1, 1]), [1, 1, 1]);
    return { output0: b.Concat([b.constant(float32([0, 0, 32, 32], [1, 1, 4])), gray, b.Mul(gray, b.zero)], 2) };
  };
  const detector = await open(t, { build: corner });
  const [wide, dot] = await detector.predict([flatImage(30, 10, 255), flatImage(1, 1, 51)]);
  assert.ok(Math.abs((wide?.boxes[0]?.score ?? 0) - 114 / 255) < 1e-6);
  assert.ok(Math.abs((dot?.boxes[0]?.score ?? 0) - 0.2) < 1e-6);
  assert.deepEqual(rounded(dot?.boxes[0] ?? {}).slice(2), [0, 0, 1, 1]);
});

test("a detector of COCO's names judges data of VOC's by name, and other classes are left out", async (t) => {
  const build = fixedRows([
    [0, 0, 9, 9, 0.9, 0],
    [9, 9, 20, 20, 0.8, 1],
    [20, 20, 30, 30, 0.7, 2],
  ]);
  const sidecar = { input: {}, classes: ["airplane", "zebra", "person"] };
  const detector = await open(t, { build, sidecar }, { resize: "stretch" }, ["aeroplane", "dog", "person"]);
  const [prediction] = await detector.predict([formulaImage(SIDE, SIDE)]);
  assert.deepEqual(
    prediction?.boxes.map((box) => box.class),
    [0, 2],
  );
  assert.match(detector.notes.join(), /boxes of 1 of its 3 classes, which the data do not have, are left out/);
  const itemOf = (index: number) => ({
    path: "a.jpg",
    annotation: { kind: "boxes", boxes: [{ class: index, left: 0, top: 0, right: 1, bottom: 1 }] } as const,
  });
  await detector.requireKnows([itemOf(0), itemOf(2)], "judge");
  await assert.rejects(
    detector.requireKnows([itemOf(1)], "judge"),
    /cannot judge detector on a\.jpg: a box has the class 1 \(dog\), which the detector does not have/,
  );
  const other = { path: "b.jpg", annotation: { kind: "class", class: 0 } } as const;
  await assert.rejects(detector.requireKnows([other], "judge"), /b\.jpg: the image has no boxes/);
  await assert.rejects(
    open(t, { build, sidecar }, {}, ["tree"]),
    /none of its classes \(airplane, zebra, person\) has the name of a class of the data \(tree\)/,
  );
});

test("the metadata of Ultralytics state names, the size of an open input and a letterbox", async (t) => {
  const metadata = { names: `{0: 'person', 1: "driver's seat"}`, imgsz: "[32, 32]", stride: "32", task: "detect" };
  const detector = await open(t, { shape: [1, 3, "height", "width"], metadata, build: rows });
  assert.deepEqual(detector.classes, ["person", "driver's seat"]);
  assert.deepEqual(detector.settings.input, { width: 32, height: 32 });
  assert.equal(detector.settings.resize, "letterbox");
  assert.deepEqual(detector.notes, []);
});

test("bytes in NHWC, a fixed batch of 2 and one channel are fed as the file declares them", async (t) => {
  const mean: DetectorSpec["build"] = (b, x) => {
    const value = b.Mul(b.Reshape(b.ReduceMean(x, [1, 2, 3]), [-1, 1, 1]), b.scalar(1 / 255));
    return {
      output0: b.Concat(
        [b.Tile(b.constant(float32([0, 0, 32, 32], [1, 1, 4])), [2, 1, 1]), value, b.Mul(value, b.zero)],
        2,
      ),
    };
  };
  const bytes = await open(t, { shape: [2, SIDE, SIDE, 3], type: "uint8", build: mean });
  const [prediction] = await bytes.predict([flatImage(SIDE, SIDE, 102)]);
  assert.ok(Math.abs((prediction?.boxes[0]?.score ?? 0) - 0.4) < 1e-6);
  assert.equal(prediction?.boxes.length, 1);
  const gray = await open(t, { shape: [2, 1, SIDE, SIDE], build: mean }, { range: 255 });
  const [again] = await gray.predict([flatImage(SIDE, SIDE, 51)]);
  assert.ok(Math.abs((again?.boxes[0]?.score ?? 0) - 0.2) < 1e-5);
});

/** As torchvision exports a detector: one image without an axis of images, any size, as many boxes as are found. */
const dynamic: DetectorSpec = {
  shape: [3, "height", "width"],
  build: (b, x) => {
    // A box for each bright pixel of the first row of the first channel: one pixel wide, three high.
    const row = b.Reshape(b.Slice(x, [0, 1], [0, 0], [1, 1]), [-1]);
    const columns = b.Reshape(b.add("NonZero", [b.Greater(row, b.scalar(0.9))]), [-1]);
    const left = b.Unsqueeze(b.Cast(columns, "float32"), [1]);
    const [zero, one] = [b.Mul(left, b.zero), b.Add(b.Mul(left, b.zero), b.one)];
    return {
      boxes: b.Concat([left, zero, b.Add(left, one), b.Mul(one, b.scalar(3))], 1),
      labels: b.add("Add", [b.add("Mul", [columns, b.integers([0])]), b.integers([2])]),
      scores: b.Gather(row, columns, 0),
    };
  },
};

test("a detector of torchvision gets images of their own size, and finds none or many boxes", async (t) => {
  const detector = await open(t, dynamic);
  assert.deepEqual(
    [detector.settings.adapter, detector.settings.resize, detector.settings.input],
    ["selected", "none", null],
  );
  const image = flatImage(50, 7, 0);
  image.data.fill(255, 3 * 10, 3 * 12);
  const [none, two] = await detector.predict([flatImage(20, 10, 30), image]);
  assert.deepEqual(none?.boxes, []);
  // Label 0 is the background of torchvision: label 2 is class 1.
  assert.deepEqual(two?.boxes.map(rounded), [
    [1, 1, 10, 0, 11, 3],
    [1, 1, 11, 0, 12, 3],
  ]);
});

test("a second input is the size of the input, and labels of RT-DETR begin at 0", async (t) => {
  const spec: DetectorSpec = {
    build: (b, x) => {
      const size = b.Cast(b.input("orig_target_sizes", [1, 2], "int64"), "float32");
      const zero = b.Reshape(b.Mul(brightness(b, x), b.zero), [1, 1]);
      return {
        labels: b.constant(int64([0], [1, 1])),
        boxes: b.Reshape(b.Concat([zero, zero, size], 1), [1, 1, 4]),
        scores: b.Add(zero, b.scalar(0.7)),
      };
    },
    shape: [1, 3, 16, SIDE],
  };
  const detector = await open(t, spec);
  const [prediction] = await detector.predict([formulaImage(64, 64)]);
  assert.deepEqual(prediction?.boxes.map(rounded), [[0, 0.7, 0, 0, 64, 64]]);
});

test("the settings that change AP are stated, and each changes the key", async (t) => {
  const path = await writeDetector(t, { build: rows });
  const settings: OpenDetectorSettings[] = [
    {},
    { scoreThreshold: 0.85 },
    { nmsIou: 0.5 },
    { nmsIou: 0.5, classWise: false },
    { topK: 1 },
    { resize: "stretch" },
    { mean: [1, 1, 1] },
  ];
  const keys = new Set<string>();
  for (const each of settings) {
    const detector = await openDetector(path, each);
    keys.add(detector.key);
    for (const [name, value] of Object.entries(each))
      if (name !== "mean") assert.equal(detector.settings[name as "topK"], value);
    await detector.release();
  }
  assert.equal(keys.size, settings.length);
  const few = await openDetector(path, { topK: 1 });
  const [prediction] = await few.predict([formulaImage(SIDE, SIDE)]);
  assert.deepEqual(
    prediction?.boxes.map((box) => box.class),
    [1],
  );
  await few.release();
});

test("outputs that fit no adapter are listed with what was looked for, in one sentence", async (t) => {
  const build: DetectorSpec["build"] = (b, x) => ({ scores: brightness(b, x), map: x });
  const message = await open(t, { build }).then(
    () => "",
    (error: Error) => error.message,
  );
  assert.match(
    message,
    /no known layout fits its outputs "scores" \[1, 1, 1, 1\], "map" \[1, 3, 32, 32\]; looked for: /,
  );
  for (const part of ["boxes [K, 4]", "[N, M, classes]", "[N, boxes, 6]", "5 + classes", "anchors"])
    assert.ok(message.includes(part));
  assert.ok(!message.includes(". "), message);
});

test("a sidecar that is wrong, or contradicts the outputs, is named with the part", async (t) => {
  const path = await writeDetector(t, { build: rows });
  const sidecar = path.replace(/onnx$/, "json");
  const fails = async (content: object | string, expected: RegExp) => {
    writeFileSync(sidecar, typeof content === "string" ? content : JSON.stringify(content));
    await assert.rejects(openDetector(path), expected);
  };
  await fails("{", /detector\.json is not valid JSON/);
  await fails(
    { detector: { adapter: "yolo" } },
    /detector\.json does not describe a detector: detector\.adapter: .*"grid"/,
  );
  await fails({ detector: { anchor: 3 } }, /unknown key "?anchor"?/);
  await fails({ detector: { nmsIou: 2 } }, /detector\.nmsIou/);
  await fails({ input: {}, detector: { adapter: "anchors" } }, /no known layout fits .*raw heads/);
  const yolo = await writeDetector(t, {
    sidecar: { input: {}, classes: ["a", "b", "c"] },
    build: fixedRows(Array(9).fill([4, 4, 8, 8, 0.5, 0.25])),
  });
  await assert.rejects(
    openDetector(yolo),
    /\(adapter grid\): its output "output0" \[1, 9, 6\] has 1 classes, and its files name 3/,
  );
});

test("Yolo-Fastest-XL has the mAP on photographs that the devkit's formulas give", {
  skip: skipWithoutShared,
}, async (t) => {
  const path = sharedPath("assets", "detectors", "yolo_fastest_xl_voc.onnx");
  const { items, classes } = await openDataset([sharedPath("assets", "voc-format")], {
    needLabels: false,
    annotations: "boxes",
    set: "test",
  });
  const detector = await openDetector(path, {}, {}, classes);
  t.after(() => detector.release());
  const [truth, found] = [[] as (TrueBox & { image: number })[], [] as (FoundBox & { image: number })[]];
  for (const [image, item] of items.slice(0, 12).entries()) {
    const [prediction] = await detector.predict([await readItem(item)]);
    found.push(...(prediction?.boxes ?? []).map((box) => ({ ...box, image })));
    if (item.annotation.kind === "boxes") truth.push(...item.annotation.boxes.map((box) => ({ ...box, image })));
  }
  const { map11 } = vocAveragePrecision({ images: 12, truth, found });
  // 11-point mAP of the first 12 images of test, computed in NumPy with ONNX Runtime for Python and Pillow's bilinear resize.
  assert.ok(Math.abs((map11 ?? 0) - 0.3377443) < 0.002, `${map11}`);
});
