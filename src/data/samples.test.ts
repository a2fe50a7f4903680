import assert from "node:assert/strict";
import { test } from "node:test";
import { flipHorizontal } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { randomAt } from "../random.js";
import { trainingSample } from "./samples.js";
import { findTask } from "./tasks/index.js";

/** Red tells the column, green the row: a crop shows where it was taken. */
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

test("training samples are crops of the photograph that reach every corner, half of them mirrored", async () => {
  const photograph = chart(40, 30);
  const corners = new Set<string>();
  let mirrored = 0;
  for (let i = 0; i < 2000; i++) {
    const { clean } = await trainingSample(photograph, task, { crop: 28 }, randomAt(0, i));
    const [first = 0, top = 0] = clean.data;
    const isMirrored = first > (clean.data[3] ?? 0);
    mirrored += Number(isMirrored);
    const left = isMirrored ? (flipHorizontal(clean).data[0] ?? 0) : first;
    corners.add(`${left},${top}`);
  }
  assert.equal(corners.size, 13 * 3);
  assert.ok(Math.abs(mirrored - 1000) < 110, `${mirrored} of 2000 mirrored`);
});

test("the same random numbers give the same training sample, with the degraded image a quarter as large", async () => {
  const sample = () => trainingSample(chart(300, 280), task, { crop: 128 }, randomAt(1, 2, 3));
  const { clean, degraded } = await sample();
  assert.deepEqual(await sample(), { clean, degraded });
  assert.deepEqual(size(clean), [128, 128]);
  assert.deepEqual(degraded, await task.degrade(clean, randomAt(0)));
});

test("a photograph smaller than the crop is enlarged to it", async () => {
  const { clean } = await trainingSample(chart(50, 20), task, { crop: 128 }, randomAt(0));
  assert.deepEqual(size(clean), [128, 128]);
});
