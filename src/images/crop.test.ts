import assert from "node:assert/strict";
import { test } from "node:test";
import { formulaPicture } from "../../testing/pictures.js";
import { centerCrop, crop, flipHorizontal, shrinkShorterSide, shrunkCenter } from "./crop.js";
import type { Image } from "./image.js";

/** A picture whose red is the column and whose green is the row. */
function grid(width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set([i % width, Math.floor(i / width), 0], i * 3);
  return { width, height, data };
}

const pixel = ({ width, data }: Image, x: number, y: number): number[] => [
  ...data.slice((y * width + x) * 3).slice(0, 3),
];

test("a crop's first and last pixels are those of its rectangle", () => {
  const part = crop(grid(9, 7), 2, 3, 4, 2);
  assert.deepEqual([part.width, part.height], [4, 2]);
  assert.deepEqual(pixel(part, 0, 0), [2, 3, 0]);
  assert.deepEqual(pixel(part, 3, 1), [5, 4, 0]);
});

test("a crop that leaves the picture is refused", () => {
  assert.throws(() => crop(grid(9, 7), 6, 0, 4, 2), /no 4x2 at \(6, 0\) in a picture of 9x7/);
  assert.throws(() => crop(grid(9, 7), -1, 0, 4, 2), RangeError);
});

test("the center crop splits an odd rest as torchvision does: half, rounded to even", () => {
  assert.deepEqual(pixel(centerCrop(grid(11, 13), 10, 10), 0, 0), [0, 2, 0]);
});

test("flipping exchanges left and right and keeps the rows", () => {
  const flipped = flipHorizontal(grid(5, 3));
  assert.deepEqual(pixel(flipped, 0, 2), [4, 2, 0]);
  assert.deepEqual(flipHorizontal(flipped), grid(5, 3));
});

test("shrinking brings the shorter side to the size and truncates the longer", () => {
  const small = shrinkShorterSide(grid(50, 31), 10);
  assert.deepEqual([small.width, small.height], [16, 10]);
});

test("a picture that is smaller already is not enlarged", () => {
  assert.deepEqual(shrinkShorterSide(grid(50, 31), 31), grid(50, 31));
  assert.deepEqual(shrinkShorterSide(grid(50, 31), 32), grid(50, 31));
});

test("the middle of a shrunk picture is the same whether the rest was computed or not", () => {
  for (const [width, height, size, side] of [
    [90, 61, 40, 33],
    [53, 200, 50, 48],
    [71, 64, 64, 64],
    [30, 44, 64, 30],
  ] as const) {
    const picture = formulaPicture(width, height);
    assert.deepEqual(
      shrunkCenter(picture, size, side),
      centerCrop(shrinkShorterSide(picture, size), side, side),
      `${width}x${height}`,
    );
  }
});
