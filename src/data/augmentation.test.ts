import assert from "node:assert/strict";
import { test } from "node:test";
import { flipHorizontal } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { randomAt } from "../random.js";
import { augmented } from "./augmentation.js";

/** An image whose red value is the column and whose green value is the row. */
const ramp = (width: number, height: number): Image => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return [pixel % width, Math.floor(pixel / width), 0][i % 3] as number;
  }),
});

test("without cropping and color changes a square image of the output size is unchanged or flipped", () => {
  const image = ramp(20, 20);
  const outputs = Array.from(
    { length: 40 },
    (_, i) => augmented(image, 20, { crop: 1, flip: true, color: 0 }, randomAt(0, i)).image,
  );
  const flipped = outputs.filter(({ data }) => Buffer.from(data).equals(flipHorizontal(image).data));
  const plain = outputs.filter(({ data }) => Buffer.from(data).equals(image.data));
  assert.equal(flipped.length + plain.length, 40);
  assert.ok(flipped.length > 10 && plain.length > 10, `${flipped.length} flipped`);
  for (let i = 0; i < 10; i++)
    assert.deepEqual(augmented(image, 20, { crop: 1, flip: false, color: 0 }, randomAt(0, i)).image, image);
});

test("random crops reach every edge of the image, and their sides range from `crop` to 1 of the shorter side", () => {
  const image = ramp(60, 40);
  let [left, right, top, bottom, widest, narrowest] = [60, 0, 40, 0, 0, 60];
  for (let i = 0; i < 200; i++) {
    const { width, height, data } = augmented(image, 10, { crop: 0.5, flip: false, color: 0 }, randomAt(1, i)).image;
    assert.deepEqual([width, height], [10, 10]);
    const [first, last] = [data[0] as number, data[27] as number];
    [left, right] = [Math.min(left, first), Math.max(right, last)];
    [top, bottom] = [Math.min(top, data[1] as number), Math.max(bottom, data[271] as number)];
    [widest, narrowest] = [Math.max(widest, last - first), Math.min(narrowest, last - first)];
  }
  assert.ok(left <= 3 && right >= 56 && top <= 3 && bottom >= 36, `${left}–${right}, ${top}–${bottom}`);
  // Nine tenths of the side lie between the centers of the first and the last of ten pixels.
  assert.ok(Math.abs(narrowest - 18) <= 1 && Math.abs(widest - 36) <= 1, `${narrowest} to ${widest}`);
});

test("brightness, contrast and saturation change by at most `color`", () => {
  const gray: Image = { width: 8, height: 8, data: new Uint8Array(192).fill(100) };
  const levels = Array.from(
    { length: 100 },
    (_, i) => augmented(gray, 8, { crop: 1, flip: true, color: 0.3 }, randomAt(2, i)).image.data[0] as number,
  );
  assert.ok(Math.min(...levels) >= 69 && Math.min(...levels) < 75, `${Math.min(...levels)}`);
  assert.ok(Math.max(...levels) <= 131 && Math.max(...levels) > 125, `${Math.max(...levels)}`);
});
