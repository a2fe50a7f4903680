import assert from "node:assert/strict";
import { test } from "node:test";
import type { Image } from "../images/image.js";
import { contactSheet } from "./sheet.js";

const flat = (value: number, width = 2, height = 1): Image => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(value),
});

test("a contact sheet has images in rows and columns, enlarged, on white", () => {
  const sheet = contactSheet([[flat(1), flat(2)], [flat(3)]], { zoom: 2, gap: 1 });
  assert.deepEqual([sheet.width, sheet.height], [11, 7]);
  const rows = Array.from({ length: 7 }, (_, y) => Array.from({ length: 11 }, (_, x) => sheet.data[(y * 11 + x) * 3]));
  const [white, full, half] = [
    Array(11).fill(255),
    [255, 1, 1, 1, 1, 255, 2, 2, 2, 2, 255],
    [255, 3, 3, 3, 3, 255, 255, 255, 255, 255, 255],
  ];
  assert.deepEqual(rows, [white, full, full, white, half, half, white]);
});

test("no images, or images of two sizes, are refused", () => {
  assert.throws(() => contactSheet([]), RangeError);
  assert.throws(() => contactSheet([[flat(0), flat(0, 3)]]), RangeError);
});
