import assert from "node:assert/strict";
import { test } from "node:test";
import type { Image } from "../images/image.js";
import { heatMap } from "./heatmap.js";

const gray: Image = { width: 24, height: 16, data: new Uint8Array(24 * 16 * 3).fill(128) };

/** Values that are 1 in a square of 4 pixels at (left, top) and 0 elsewhere. */
const spot = (left: number, top: number) =>
  Float32Array.from({ length: 24 * 16 }, (_, i) => {
    const [x, y] = [i % 24, Math.floor(i / 24)];
    return Number(x >= left && x < left + 4 && y >= top && y < top + 4);
  });

const brightness = ({ data, width }: Image, x: number, y: number) =>
  data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3).reduce((sum, value) => sum + value, 0);

test("a heat map has the image's size and is brightest where the values are highest", () => {
  const map = heatMap(gray, spot(14, 3));
  assert.deepEqual([map.width, map.height, map.data.length], [24, 16, gray.data.length]);
  const pixels = Array.from({ length: 24 * 16 }, (_, i) => i);
  const at = (i: number) => brightness(map, i % 24, Math.floor(i / 24));
  const best = pixels.reduce((most, i) => (at(i) > at(most) ? i : most), 0);
  assert.ok(best % 24 >= 14 && best % 24 < 18 && Math.floor(best / 24) >= 3 && Math.floor(best / 24) < 7, `${best}`);
  assert.ok(brightness(map, 15, 4) > 2 * brightness(map, 2, 12));
});

test("the image remains visible under the heat", () => {
  const data = gray.data.map((_, i) => (i < gray.data.length / 2 ? 40 : 220));
  const map = heatMap({ ...gray, data }, new Float32Array(24 * 16));
  assert.ok(brightness(map, 5, 14) > brightness(map, 5, 2));
});

test("values of another scale give the same heat map", () => {
  const [small, large] = [spot(3, 3), spot(3, 3).map((value) => value * 1e6)];
  assert.deepEqual(heatMap(gray, small), heatMap(gray, large));
});

test("values for another number of pixels are refused", () => {
  assert.throws(() => heatMap(gray, new Float32Array(3)), RangeError);
});
