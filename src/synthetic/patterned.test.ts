import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import { classOf } from "../data/annotation.js";
import { openDataset } from "../data/dataset.js";
import { decodeImage } from "../platform/node/codec.js";
import { drawSynthetic, syntheticClasses, writeSynthetic } from "./patterned.js";
import { patterns } from "./patterns.js";

test("the same seed, index and size give the same bytes, and any other gives others", () => {
  const bytes = (...place: [number, number, number?]) => drawSynthetic(...place).image.data.join();
  assert.equal(bytes(1, 2), bytes(1, 2));
  const pictures = [bytes(1, 2), bytes(1, 3), bytes(2, 2), bytes(1, 2, 32), bytes(1, 12)];
  assert.equal(new Set(pictures).size, pictures.length);
});

test("every class takes its turn", () => {
  assert.ok(syntheticClasses.length >= 10);
  const labels = syntheticClasses.map((_, index) => drawSynthetic(0, index, 16).label);
  assert.deepEqual(
    labels,
    syntheticClasses.map((_, label) => label),
  );
});

test("pictures are as large as they are asked for and use dark and light", () => {
  for (const size of [32, 64]) {
    const { image } = drawSynthetic(0, 0, size);
    assert.deepEqual([image.width, image.height, image.data.length], [size, size, 3 * size * size]);
    assert.ok(Math.max(...image.data) - Math.min(...image.data) > 100);
  }
});

test("ink lies between -1 and 1, and nothing becomes another class in a mirror", () => {
  const places = Array.from({ length: 400 }, (_, i) => [(i % 20) / 7 - 1.4, Math.floor(i / 20) / 7 - 1.4] as const);
  const marks = Object.values(patterns).map((ink) => places.map(([x, y]) => ink(x, y)));
  for (const values of marks) assert.ok(values.every((value) => value >= -1 && value <= 1));
  for (const [i, ink] of Object.values(patterns).entries()) {
    const mirrored = places.map(([x, y]) => ink(-x, y)).join();
    assert.ok(marks.every((other, j) => i === j || other.join() !== mirrored));
  }
});

test("pictures on disk are those drawn, in folders that give their labels; a complete set is left as it is", async (t) => {
  const folder = temporaryFolder(t);
  const set = { count: 2 * syntheticClasses.length, seed: 3, firstIndex: 7, size: 16 };
  await writeSynthetic(folder, set);
  const { items } = await openDataset([folder], { needLabels: true });
  assert.equal(items.length, set.count);
  for (const item of items) {
    const { path } = item;
    const drawn = drawSynthetic(set.seed, Number(basename(path, ".png")), set.size);
    assert.deepEqual(await decodeImage(path), drawn.image);
    assert.deepEqual([classOf(item), basename(dirname(path))], [drawn.label, syntheticClasses[drawn.label]]);
  }
  const { mtimeMs } = statSync(items[0]?.path as string);
  await writeSynthetic(folder, set);
  assert.equal(statSync(items[0]?.path as string).mtimeMs, mtimeMs);
  await assert.rejects(writeSynthetic(folder, { ...set, seed: 4 }), /holds other pictures .*synthetic\.json/);
});

test("a set that was cut short is drawn anew, and an abort stops the drawing", async (t) => {
  const folder = temporaryFolder(t);
  const set = { count: syntheticClasses.length, seed: 0, size: 16 };
  await assert.rejects(writeSynthetic(folder, { ...set, signal: AbortSignal.abort() }), { name: "AbortError" });
  await writeSynthetic(folder, set);
  const marker = join(folder, "synthetic.json");
  const description = readFileSync(marker);
  rmSync(marker);
  rmSync(join(folder, syntheticClasses[0] as string), { recursive: true });
  await writeSynthetic(folder, set);
  assert.deepEqual(readFileSync(marker), description);
  assert.equal((await openDataset([folder], { needLabels: true })).items.length, set.count);
});

test("fewer pictures than classes are refused, because folders would then give other labels", (t) =>
  assert.rejects(writeSynthetic(temporaryFolder(t), { count: 3, seed: 0 }), RangeError));
