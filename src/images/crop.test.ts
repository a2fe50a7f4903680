import assert from "node:assert/strict";
import { test } from "node:test";
import { formulaImage } from "../../testing/images.js";
import { centerCrop, crop, flipHorizontal, shrinkShorterSide, shrunkCenter } from "./crop.js";
import type { Image } from "./image.js";

/** An image whose red value is the column and whose green value is the row. */
function grid(width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set([i % width, Math.floor(i / width), 0], i * 3);
  return { width, height, data };
}

const pixel = ({ width, data }: Image, x: number, y: number): number[] => [
  ...data.slice((y * width + x) * 3).slice(0, 3),
];

test("the first and last pixels of a crop are the corners of its rectangle", () => {
  const part = crop(grid(9, 7), 2, 3, 4, 2);
  assert.deepEqual([part.width, part.height], [4, 2]);
  assert.deepEqual(pixel(part, 0, 0), [2, 3, 0]);
  assert.deepEqual(pixel(part, 3, 1), [5, 4, 0]);
});

test("a crop that extends beyond the image throws a RangeError", () => {
  assert.throws(() => crop(grid(9, 7), 6, 0, 4, 2), /cannot crop 4x2 pixels at \(6, 0\) from an image of 9x7/);
  assert.throws(() => crop(grid(9, 7), -1, 0, 4, 2), RangeError);
});

test("the center crop rounds a half-pixel offset to even, as torchvision does", () => {
  assert.deepEqual(pixel(centerCrop(grid(11, 13), 10, 10), 0, 0), [0, 2, 0]);
});

test("a horizontal flip reverses columns and keeps rows", () => {
  const flipped = flipHorizontal(grid(5, 3));
  assert.deepEqual(pixel(flipped, 0, 2), [4, 2, 0]);
  assert.deepEqual(flipHorizontal(flipped), grid(5, 3));
});

test("shrinking sets the shorter side to the size and truncates the longer side", () => {
  const small = shrinkShorterSide(grid(50, 31), 10);
  assert.deepEqual([small.width, small.height], [16, 10]);
});

test("an image whose shorter side is at most the size is not enlarged", () => {
  assert.deepEqual(shrinkShorterSide(grid(50, 31), 31), grid(50, 31));
  assert.deepEqual(shrinkShorterSide(grid(50, 31), 32), grid(50, 31));
});

test("shrunkCenter equals the center crop of the shrunk image", () => {
  for (const [width, height, size, side] of [
    [90, 61, 40, 33],
    [53, 200, 50, 48],
    [71, 64, 64, 64],
    [30, 44, 64, 30],
  ] as const) {
    const image = formulaImage(width, height);
    assert.deepEqual(
      shrunkCenter(image, size, side),
      centerCrop(shrinkShorterSide(image, size), side, side),
      `${width}x${height}`,
    );
  }
});
