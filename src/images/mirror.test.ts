import assert from "node:assert/strict";
import { test } from "node:test";
import { mirrored, withMirroredMargins } from "./mirror.js";

test("positions beyond the ends are mirrored with the end repeated, as NumPy's symmetric padding does", () => {
  // numpy.pad([0, 1, 2], (7, 5), "symmetric")
  const expected = [0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1];
  assert.deepEqual(
    expected.map((_, i) => mirrored(i - 7, 3)),
    expected,
  );
  assert.deepEqual(
    [-3, 0, 4].map((position) => mirrored(position, 1)),
    [0, 0, 0],
  );
});

test("an image gets mirrored pixels on each side, corners included", () => {
  const gray = [
    [1, 2],
    [3, 4],
  ];
  const image = { width: 2, height: 2, data: Uint8Array.from(gray.flat().flatMap((value) => [value, value, value])) };
  const { width, height, data } = withMirroredMargins(image, { left: 1, top: 2, right: 0, bottom: 1 });
  assert.deepEqual([width, height], [3, 5]);
  const rows = Array.from({ length: 5 }, (_, y) => [0, 1, 2].map((x) => data[(y * 3 + x) * 3]));
  // numpy.pad(gray, ((2, 1), (1, 0)), "symmetric")
  assert.deepEqual(rows, [
    [3, 3, 4],
    [1, 1, 2],
    [1, 1, 2],
    [3, 3, 4],
    [3, 3, 4],
  ]);
});
