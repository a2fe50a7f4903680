import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { temporaryFolder } from "../../testing/workspace.js";
import type { Image } from "../images/image.js";
import { decodeImage, encodeImage } from "../platform/node/codec.js";
import { randomAt } from "../random.js";
import type { Box } from "./annotation.js";
import { augmented } from "./augmentation.js";
import { BatchMaker } from "./batches.js";
import { readLabelMap } from "./label-map.js";
import { openLoader } from "./loader.js";
import { samplerFor } from "./sampler.js";
import { trainingSample } from "./samples.js";
import { findTask } from "./tasks/index.js";
import { boxesInView, croppedView, flippedView, labelMapInView, resizedView, viewOfSize, wholeView } from "./view.js";

/** A black image with a white rectangle. */
function rectangle(width: number, height: number, { left, top, right, bottom }: Box): Image {
  const data = new Uint8Array(width * height * 3);
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) data.fill(255, (y * width + x) * 3, (y * width + x + 1) * 3);
  return { width, height, data };
}

/** The sides of what is brighter than half in an image; undefined if nothing is. */
function brightSides({ width, height, data }: Image): Omit<Box, "class"> | undefined {
  const bright = Array.from({ length: width * height }, (_, i) => i).filter((i) => (data[i * 3] as number) >= 128);
  if (bright.length === 0) return undefined;
  const [xs, ys] = [bright.map((i) => i % width), bright.map((i) => Math.floor(i / width))];
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs) + 1, bottom: Math.max(...ys) + 1 };
}

/** Checks that boxes agree with the pixels within one pixel. */
function assertFollows(image: Image, boxes: readonly Box[], what: string): void {
  const sides = brightSides(image);
  const [box] = boxes;
  assert.equal(sides === undefined, box === undefined, what);
  if (!sides || !box) return;
  for (const side of ["left", "top", "right", "bottom"] as const)
    assert.ok(
      Math.abs(sides[side] - box[side]) <= 1,
      `${what}: ${side} is ${box[side]} and in the pixels ${sides[side]}`,
    );
}

const box: Box = { class: 2, left: 60, top: 70, right: 150, bottom: 120 };
const image = rectangle(300, 280, box);
const anyPart = { minVisible: 0 };

test("boxes follow the crop, flip and resize of training samples", async () => {
  const task = findTask("sr", { scale: 2 });
  for (let i = 0; i < 30; i++) {
    const { clean, view } = await trainingSample(image, task, { crop: 128 }, randomAt(0, i));
    assertFollows(clean, boxesInView([box], view, anyPart), `sample ${i}`);
  }
  const small = rectangle(50, 20, { class: 0, left: 5, top: 4, right: 30, bottom: 15 });
  const { clean, view } = await trainingSample(small, task, { crop: 128 }, randomAt(0));
  assertFollows(clean, boxesInView([{ class: 0, left: 5, top: 4, right: 30, bottom: 15 }], view, anyPart), "enlarged");
});

test("boxes follow the augmentation of recognition samples", () => {
  for (let i = 0; i < 30; i++) {
    const sample = augmented(image, 100, { crop: 0.4, flip: true, color: 0 }, randomAt(1, i));
    assertFollows(sample.image, boxesInView([box], sample.view, anyPart), `sample ${i}`);
  }
});

test("a crop after a flip is of the flipped image", () => {
  const view = croppedView(flippedView(wholeView({ width: 10, height: 4 })), { left: 0, top: 1, width: 3, height: 2 });
  assert.deepEqual(boxesInView([{ class: 0, left: 8, top: 1, right: 10, bottom: 3 }], view), [
    { class: 0, left: 0, top: 0, right: 2, bottom: 2 },
  ]);
});

test("an object that is visible by less than a quarter is dropped or difficult; a crowd stays; areas and flags follow", () => {
  const view = croppedView(wholeView({ width: 100, height: 100 }), { left: 50, top: 0, width: 50, height: 50 });
  const cut: Box = { class: 1, left: 10, top: 10, right: 58, bottom: 20, area: 240 };
  const half: Box = { class: 1, left: 40, top: 10, right: 60, bottom: 20, area: 100 };
  const clipped = { class: 1, left: 0, top: 10, right: 8, bottom: 20, area: 40, truncated: true };
  assert.deepEqual(boxesInView([cut], view), []);
  assert.deepEqual(boxesInView([cut], view, { below: "difficult" }), [{ ...clipped, difficult: true }]);
  assert.deepEqual(boxesInView([{ ...cut, crowd: true }], view), [{ ...clipped, crowd: true }]);
  const doubled = resizedView(view, 100, 100);
  assert.deepEqual(boxesInView([half], doubled), [
    { class: 1, left: 0, top: 20, right: 20, bottom: 40, area: 200, truncated: true },
  ]);
  assert.deepEqual(boxesInView([{ class: 1, left: 0, top: 0, right: 50, bottom: 9 }], view, { minVisible: 0 }), []);
});

test("a label map follows crop, flip and resize with the nearest class", () => {
  const map = { width: 4, height: 2, data: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 255) };
  const view = croppedView(flippedView(wholeView(map)), { left: 0, top: 0, width: 2, height: 2 });
  assert.deepEqual([...labelMapInView(map, view).data], [3, 2, 255, 6]);
  assert.deepEqual([...labelMapInView(map, resizedView(view, 4, 2)).data], [3, 3, 2, 2, 255, 255, 6, 6]);
  const halfSize = viewOfSize(wholeView({ width: 8, height: 4 }), { width: 8, height: 4 }, map);
  assert.deepEqual([...labelMapInView(map, resizedView(halfSize, 4, 2)).data], [...map.data]);
});

/** Writes two images of 300 x 280 pixels, enlarged from files of which the training reads a reduced version. */
async function writeItems(folder: string) {
  const large = { class: 2, left: 120, top: 140, right: 300, bottom: 240 };
  await encodeImage(rectangle(600, 560, large), join(folder, "a.png"));
  await encodeImage(rectangle(600, 560, large), join(folder, "b.png"));
  return [large, ["a.png", "b.png"].map((name) => join(folder, name))] as const;
}

test("a batch carries the boxes of its images in their pixels, from every thread", async (t) => {
  const [large, paths] = await writeItems(temporaryFolder(t));
  const items = paths.map((path) => ({ path, annotation: { kind: "boxes", boxes: [large] } }) as const);
  const dataset = { folders: [], items, missing: [] };
  const loader = openLoader({ dataset, task: findTask("sr", { scale: 2 }), crop: 96, batch: 4, seed: 1, workers: 2 });
  t.after(() => loader.close());
  for (let step = 0; step < 3; step++) {
    const { images, boxes, labelMaps } = await loader.next();
    assert.equal(boxes.length, 4);
    assert.equal(labelMaps, undefined);
    for (const [i, found] of boxes.entries()) {
      const plane = images.clean.subarray(i * 3 * 96 * 96, (i * 3 + 1) * 96 * 96);
      const data = Uint8Array.from({ length: 96 * 96 * 3 }, (_, j) => 255 * (plane[Math.floor(j / 3)] as number));
      const sides = brightSides({ width: 96, height: 96, data });
      if (found.length > 0) assertFollows({ width: 96, height: 96, data }, found, `step ${step}, image ${i}`);
      else assert.ok(!sides || (sides.right - sides.left) * (sides.bottom - sides.top) < 0.26 * 77 * 43);
    }
  }
});

/** Writes an indexed PNG file of 8 bits: class 7 in a rectangle, 255 around. */
async function writeMap(path: string, { left, top, right, bottom }: Box): Promise<void> {
  const data = new Uint8Array(600 * 560).fill(255);
  for (let y = top; y < bottom; y++) data.fill(7, y * 600 + left, y * 600 + right);
  await sharp(data, { raw: { width: 600, height: 560, channels: 1 } })
    .toColorspace("b-w")
    .png()
    .toFile(path);
}

test("a batch carries the label maps of its images, as long as their files can be read", async (t) => {
  const folder = temporaryFolder(t);
  const [large, paths] = await writeItems(folder);
  await writeMap(join(folder, "map.png"), large);
  const maps = [join(folder, "map.png"), join(folder, "absent.png")];
  const items = paths.map((path, i) => ({ path, annotation: { kind: "label-map", path: maps[i] as string } }) as const);
  const recipe = { kind: "recognition", size: 64, augmentation: { crop: 1, flip: true, color: 0 } } as const;
  const maker = new BatchMaker({ items, batch: 2, seed: 0 }, samplerFor(recipe), 1e9);
  const { images, labelMaps, broken } = await maker.make(0);
  assert.match(String([...broken.values()]), /cannot read the label map .*absent.png: no such file/);
  assert.equal(labelMaps?.length, 2 * 64 * 64);
  const plane = images.image?.subarray(0, 64 * 64) as Float32Array;
  const differing = [...plane].filter((value, i) => value > 0.5 !== (labelMaps?.[i] === 7)).length;
  assert.ok(differing < 64 * 2, `${differing} pixels differ`);
});

test("an indexed PNG of 1, 2, 4 or 8 bits has one color for each index that is read; several channels are refused", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "map.png");
  for (const [bits, colors] of [
    [1, 2],
    [2, 4],
    [4, 16],
    [8, 200],
  ] as const) {
    const levels = Uint8Array.from({ length: 37 * 9 }, (_, i) => (i * 31) % colors);
    const data = Uint8Array.from(levels, (level) => Math.round((level * 255) / (colors - 1)));
    const raw = { width: 37, height: 9, channels: 1 } as const;
    await sharp(data, { raw }).png({ palette: true, colours: colors, dither: 0, effort: 1 }).toFile(path);
    const { data: indices } = await readLabelMap(path);
    const decoded = await decodeImage(path);
    const colorOf = new Map<number, number>();
    for (const [i, index] of indices.entries()) {
      const color = decoded.data[i * 3] as number;
      assert.equal(colorOf.get(index) ?? color, color, `${bits} bits: an index has one color`);
      colorOf.set(index, color);
    }
    assert.equal(colorOf.size, new Set(decoded.data).size);
  }
  await encodeImage(image, path);
  await assert.rejects(readLabelMap(path), /several channels; expected an indexed or gray PNG/);
  await assert.rejects(readLabelMap(join(folder, "none.png")), /no such file/);
});
