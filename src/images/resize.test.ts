import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { hasShared, sharedPath, skipWithoutShared } from "../../testing/shared.js";
import { decodeImage } from "../platform/node/codec.js";
import { centerCrop } from "./crop.js";
import type { Image } from "./image.js";
import { resize } from "./resize.js";

interface Result {
  kind: string;
  file: string;
  source: string;
  width: number;
  height: number;
  resized_width: number;
  resized_height: number;
}

const readReference = (file: string): Promise<Image> => decodeImage(sharedPath("reference/images", file));

function assertSameImage(got: Image, want: Image): void {
  assert.deepEqual([got.width, got.height], [want.width, want.height]);
  let worst = 0;
  let sum = 0;
  for (const [i, value] of got.data.entries()) {
    const difference = Math.abs(value - (want.data[i] as number));
    worst = Math.max(worst, difference);
    sum += difference;
  }
  assert.ok(worst <= 1, `a value differs by ${worst}`);
  assert.ok(sum / got.data.length < 0.01, `the mean difference is ${sum / got.data.length}`);
}

const resizers: Record<string, (source: Image, result: Result) => Image> = {
  resize_bicubic: (source, { width, height }) => resize(source, width, height, "bicubic"),
  resize_bilinear: (source, { width, height }) => resize(source, width, height, "bilinear"),
  resize256_centercrop224: (source, { resized_width, resized_height, width, height }) =>
    centerCrop(resize(source, resized_width, resized_height, "bilinear"), width, height),
};

const results: Result[] = hasShared
  ? JSON.parse(readFileSync(sharedPath("reference/images/values.json"), "utf8")).images.flatMap(
      (image: { results: Result[] }) => image.results,
    )
  : [];

if (!hasShared) test("resizing equals Pillow's", { skip: skipWithoutShared });

for (const result of results) {
  const resizer = resizers[result.kind];
  if (!resizer) continue;
  test(`${result.kind} of ${result.source} to ${result.width}x${result.height} equals Pillow's ${result.file}`, async () => {
    assertSameImage(resizer(await readReference(result.source), result), await readReference(result.file));
  });
}

test("resizing to the same size leaves the image unchanged", () => {
  const image: Image = { width: 2, height: 1, data: Uint8Array.of(0, 128, 255, 3, 2, 1) };
  assert.deepEqual(resize(image, 2, 1, "bicubic"), image);
});

test("an image of one color keeps its color at every size", () => {
  const image: Image = { width: 7, height: 5, data: new Uint8Array(7 * 5 * 3).fill(201) };
  for (const [width, height] of [
    [1, 1],
    [3, 11],
    [70, 2],
  ] as const)
    for (const filter of ["bicubic", "bilinear"] as const)
      assert.deepEqual(new Set(resize(image, width, height, filter).data), new Set([201]));
});

test("overshoot at a hard edge is clamped instead of wrapping around", () => {
  const image: Image = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255) };
  const { data } = resize(image, 16, 1, "bicubic");
  assert.equal(data[0], 0);
  assert.equal(data[data.length - 1], 255);
});
