import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import { classAnnotation } from "../data/annotation.js";
import { GraphBuilder } from "../onnx/builder.js";
import { float32 } from "../onnx/tensor.js";
import { writeModel } from "../platform/node/models.js";
import { labelSetOf } from "./class-offset.js";
import { openClassifier } from "./classifier.js";
import type { RecognizerSettings } from "./recognizer.js";

const folders = ["photos"];
const itemsOf = (labels: readonly number[]) =>
  labels.map((label) => ({ path: `${label}.png`, annotation: classAnnotation(label) }));
/** The labels of images whose classes have no names. */
const numbered = (labels: readonly number[], selection?: string) =>
  labelSetOf({ folders, items: itemsOf(labels), missing: [], ...(selection && { selection }) });
/** The labels of images in a layout that names so many classes. */
const named = (count: number) =>
  labelSetOf({ folders, items: itemsOf([0]), missing: [], classes: Array.from({ length: count }, (_, i) => `c${i}`) });

/** A classifier whose score of output k is largest for a gray value of k / outputs; `others` adds further outputs. */
async function write(t: TestContext, outputs: number, sidecar: object = {}): Promise<string> {
  const b = new GraphBuilder("net");
  const mean = b.ReduceMean(b.input("x", ["N", 3, 2, 2]), [1, 2, 3], false);
  const centers = float32(
    Float32Array.from({ length: outputs }, (_, k) => k / outputs),
    [1, outputs],
  );
  const distance = b.Sub(b.Unsqueeze(mean, [1]), b.constant(centers));
  b.output("y", b.Neg(b.Abs(distance)), ["N", outputs]);
  const path = join(temporaryFolder(t), "net.onnx");
  await writeModel(b.build(), path);
  writeFileSync(path.replace(/onnx$/, "json"), JSON.stringify({ input: { size: 2 }, ...sidecar }));
  return path;
}

/** The class that is predicted for a gray value of 3 / outputs, and the notes. */
async function predicted(
  t: TestContext,
  outputs: number,
  labels: Parameters<typeof openClassifier>[3],
  { sidecar = {}, settings = {} }: { sidecar?: object; settings?: RecognizerSettings } = {},
) {
  const judge = await openClassifier(await write(t, outputs, sidecar), settings, {}, labels);
  const data = new Uint8Array(12).fill(Math.round((255 * 3) / outputs));
  const [prediction] = await judge.predict([{ width: 2, height: 2, data }]);
  await judge.release();
  return { label: prediction?.ranked[0]?.class, notes: judge.notes.join("\n"), key: judge.key };
}

test("one output more than the labels have classes is a background class, and a note states it", async (t) => {
  for (const labels of [named(4), numbered([0, 1, 2, 3, 3])]) {
    const { label, notes } = await predicted(t, 5, labels);
    assert.equal(label, 2);
    assert.match(notes, /5 outputs for 4 classes: the first is taken as a background class/);
  }
  assert.equal((await predicted(t, 4, named(4))).label, 3);
});

test("1001 outputs for numbers of ImageNet have a background class first, however few classes the images have", async (t) => {
  const { notes } = await predicted(t, 1001, numbered([0, 217, 701]));
  assert.match(notes, /1001 outputs for 1000 classes/);
  assert.match((await predicted(t, 1001, named(1000))).notes, /1001 outputs for 1000 classes/);
  assert.doesNotMatch((await predicted(t, 1001, numbered([1000]))).notes, /background/);
});

test("a setting, then the sidecar, decide before the counts do", async (t) => {
  const four = named(4);
  const of = async (sidecar: object, settings = {}) => (await predicted(t, 5, four, { sidecar, settings })).label;
  assert.equal(await of({}, { classOffset: 0 }), 3);
  assert.equal(await of({ classOffset: 0 }), 3);
  assert.equal(await of({ classOffset: 0 }, { classOffset: 1 }), 2);
  assert.equal(await of({ learned: [0, 1, 2, 3] }), 3);
  assert.equal(await of({ classes: ["a", "b", "c", "d", "e"] }), 3);
  assert.equal(await of({ classes: ["background", "a", "b", "c", "d"] }), 2);
  assert.equal((await predicted(t, 5, undefined, { settings: { classOffset: 2 } })).label, 1);
});

test("labels that may not be all of the data leave the outputs as they are, and a note asks", async (t) => {
  const part = await predicted(t, 5, numbered([0, 1, 2, 3], "classes 0-3"));
  assert.deepEqual([part.label, part.notes], [3, question]);
  const gap = await predicted(t, 5, numbered([0, 1, 3]));
  assert.deepEqual([gap.label, gap.notes], [3, part.notes]);
});

const question =
  "it has 5 classes, and the largest label is 3: set `classOffset` to 1 if its first output is a background class";

test("a number of classes that cannot be that of the labels is noted", async (t) => {
  assert.match((await predicted(t, 21843, named(1000))).notes, /has 21843 classes, and the labels have 1000/);
  assert.match((await predicted(t, 1000, named(10))).notes, /has 1000 classes, and the labels have 10:/);
  assert.equal((await predicted(t, 1000, numbered([0, 217, 701]))).notes, "");
});

test("a recognizer whose sidecar gives a class of the labels another number is refused", async (t) => {
  const labels = { classes: 2, areNamed: true, names: ["ant", "cat"], isComplete: true };
  const sidecar = (...classes: string[]) => ({ sidecar: { classes } });
  await assert.rejects(
    predicted(t, 3, labels, sidecar("ant", "bee", "cat")),
    /"cat" is class 1 of the labels and class 2 of /,
  );
  await assert.rejects(
    predicted(t, 3, labels, sidecar("background", "cat", "ant")),
    /"ant" is class 0 .* and class 1 of /,
  );
  await predicted(t, 3, labels, sidecar("background", "ant", "cat"));
  await predicted(t, 3, labels, sidecar("ant", "cat", "bee"));
  await predicted(t, 3, labels, sidecar("one", "two", "three"));
});

test("the key of predictions depends on the offset", async (t) => {
  const keys = [await predicted(t, 5, named(5)), await predicted(t, 5, named(4))].map(({ key }) => key);
  assert.notEqual(keys[0], keys[1]);
});

test("the message on too few classes, and on maps, proposes the output that fits", async (t) => {
  const b = new GraphBuilder("two");
  const x = b.input("x", ["N", 3, 2, 2]);
  b.output("maps", b.Identity(x), ["N", 3, 2, 2]);
  const flat = b.Flatten(x);
  b.output("embedding", b.Identity(flat), ["N", 12]);
  b.output("logits", b.Concat([flat, flat], 1), ["N", 24]);
  const path = join(temporaryFolder(t), "two.onnx");
  await writeModel(b.build(), path);
  await assert.rejects(
    openClassifier(path, { range: 1 }),
    /output is \[N, 3, 2, 2\], not class scores.*`output` "embedding" \[N, 12\] or "logits"/,
  );
  const judge = await openClassifier(path, { range: 1, output: "embedding" }, {}, named(24));
  assert.match(judge.notes.join(), /has 12 classes, and the labels have 24.*`output` "logits" \[N, 24\] fits/);
  await assert.rejects(
    judge.requireKnows(itemsOf([20]), "judge"),
    /its class is 20, but two has 12 classes.*`output` "logits" \[N, 24\] fits/,
  );
  await judge.release();
});
