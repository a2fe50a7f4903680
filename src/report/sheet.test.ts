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

test("headings are above the columns and captions below the images, in space of their own", () => {
  const images = [[flat(1, 40, 20), flat(2, 40, 20)]];
  const plain = contactSheet(images, { gap: 4 });
  const sheet = contactSheet(images, { gap: 4, headings: ["one", "two"], captions: [["", "yes"]] });
  assert.deepEqual([sheet.width, sheet.height - plain.height], [plain.width, 2 * (16 + 4)]);
  const blackIn = (left: number, top: number, width: number, height: number): boolean =>
    Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [left + (i % width), top + Math.floor(i / width)];
      return sheet.data[3 * (y * sheet.width + x)] === 0;
    }).includes(true);
  const [heading, image, caption] = [4, 4 + 20, 4 + 20 + 20 + 4];
  assert.ok(blackIn(4, heading, 40, 16) && blackIn(48, heading, 40, 16));
  assert.ok(!blackIn(4, image, 84, 20));
  assert.ok(!blackIn(4, caption, 40, 16) && blackIn(48, caption, 40, 16));
});
