import assert from "node:assert/strict";
import { test } from "node:test";
import { flipHorizontal } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { randomAt } from "../random.js";
import { trainingSample } from "./samples.js";
import { findTask } from "./tasks/index.js";

/** An image whose red value is the column and whose green value is the row, so that a crop shows its position. */
function chart(width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    data[3 * i] = i % width;
    data[3 * i + 1] = Math.floor(i / width);
  }
  return { width, height, data };
}

const size = ({ width, height }: Image) => [width, height];
const task = findTask("sr", { scale: 4 });

test("training crops cover all positions, and half of them are flipped", async () => {
  const image = chart(40, 30);
  const corners = new Set<string>();
  let flips = 0;
  for (let i = 0; i < 2000; i++) {
    const { clean } = await trainingSample(image, task, { crop: 28 }, randomAt(0, i));
    const [first = 0, top = 0] = clean.data;
    const isFlipped = first > (clean.data[3] ?? 0);
    flips += Number(isFlipped);
    const left = isFlipped ? (flipHorizontal(clean).data[0] ?? 0) : first;
    corners.add(`${left},${top}`);
  }
  assert.equal(corners.size, 13 * 3);
  assert.ok(Math.abs(flips - 1000) < 110, `${flips} of 2000 flipped`);
});

test("the same seed gives the same training sample, whose degraded image is the task applied to the clean one", async () => {
  const sample = () => trainingSample(chart(300, 280), task, { crop: 128 }, randomAt(1, 2, 3));
  const { clean, degraded, view } = await sample();
  assert.deepEqual(await sample(), { clean, degraded, view });
  assert.deepEqual(size(clean), [128, 128]);
  assert.deepEqual(degraded, await task.degrade(clean, randomAt(0)));
});

test("an image smaller than the crop is enlarged to the crop's size", async () => {
  const { clean } = await trainingSample(chart(50, 20), task, { crop: 128 }, randomAt(0));
  assert.deepEqual(size(clean), [128, 128]);
});
