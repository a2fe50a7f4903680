import assert from "node:assert/strict";
import { test } from "node:test";
import { cmykToRgb } from "./cmyk.js";

/** Levels of CMYK, and the levels of RGB that Pillow 12.3 makes of them. */
const PILLOW = [
  [0, 0, 0, 0, 255, 255, 255],
  [255, 0, 0, 0, 0, 255, 255],
  [51, 128, 26, 77, 142, 89, 160],
  [10, 200, 99, 130, 120, 27, 76],
  [255, 255, 255, 3, 0, 0, 0],
  [1, 2, 3, 254, 1, 1, 1],
  [127, 63, 254, 128, 64, 96, 0],
];

test("CMYK without a profile becomes the RGB of Pillow, rounded down", () => {
  const inks = Uint16Array.from(
    PILLOW.flatMap((row) => row.slice(0, 4)),
    (level) => level * 257,
  );
  const rgb = Array.from(cmykToRgb(inks, false, 8), (value) => value / 257);
  const less = PILLOW.flatMap((row) => row.slice(4)).map((value, i) => value - (rgb[i] ?? 0));
  assert.deepEqual([...new Set(less)].sort(), [0, 1]);
  assert.deepEqual(rgb.slice(0, 9), [255, 255, 255, 0, 255, 255, 142, 88, 159]);
});

test("the alpha of CMYK is kept, and 16 bits are", () => {
  const inks = Uint16Array.of(13107, 32768, 6554, 19661, 39321);
  assert.deepEqual([...cmykToRgb(inks, true, 16)], [36699, 22936, 41286, 39321]);
});
