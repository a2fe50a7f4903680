import assert from "node:assert/strict";
import { test } from "node:test";
import { detectionTargets } from "./detection-targets.js";

/** Four cells of 8 pixels along each side. */
const GRID = { classes: 2, cells: 4, side: 32 };
const at = (values: ArrayLike<number | bigint | string | boolean>, plane: number, row: number, column: number) =>
  Number(values[(plane * 4 + row) * 4 + column]);

test("an object's heatmap is 1 in the cell of its center and a Gaussian around it; its box is in cells from each cell's center", () => {
  // Center (13, 20): column 1, row 2. Width 24 and height 16 pixels are 3 and 2 cells.
  const { heatmap, box, weight } = detectionTargets(
    [[], [{ class: 1, left: 1, top: 12, right: 25, bottom: 28 }]],
    GRID,
  );
  assert.deepEqual(
    [heatmap.shape, box.shape, weight.shape],
    [
      [2, 2, 4, 4],
      [2, 4, 4, 4],
      [2, 1, 4, 4],
    ],
  );
  assert.ok(
    heatmap.data.slice(0, 48).every((value) => value === 0),
    "the empty image, and class 0",
  );
  assert.equal(at(heatmap.data, 3, 2, 1), 1);
  assert.equal(at(weight.data, 1, 2, 1), 1);
  const boxAt = (row: number, column: number) => [0, 1, 2, 3].map((k) => at(box.data, 4 + k, row, column));
  assert.deepEqual(boxAt(2, 1), [13 / 8 - 1.5, 0, 3, 2]);
  // A cell to the right, exp(-1 / (2·0.27²)) with the standard deviation 0.54 / 6 · 3 cells.
  assert.ok(Math.abs(at(heatmap.data, 3, 2, 2) - Math.exp(-1 / (2 * 0.27 ** 2))) < 1e-7);
  assert.deepEqual(boxAt(2, 2), [13 / 8 - 2.5, 0, 3, 2]);
  assert.equal(at(weight.data, 1, 0, 1), 0);
});

test("of two objects with the same center cell, the smaller one gives the box", () => {
  const large = { class: 0, left: 0, top: 0, right: 32, bottom: 32 };
  const small = { class: 1, left: 16, top: 16, right: 24, bottom: 24 };
  for (const boxes of [
    [large, small],
    [small, large],
  ]) {
    const { heatmap, box } = detectionTargets([boxes], GRID);
    assert.deepEqual(
      [0, 1].map((label) => at(heatmap.data, label, 2, 2)),
      [1, 1],
    );
    assert.deepEqual(
      [2, 3].map((k) => at(box.data, k, 2, 2)),
      [1, 1],
    );
  }
});

test("crowds and difficult objects are neither objects nor background, and objects inside of them stay objects", () => {
  const crowd = { class: 0, left: 0, top: 0, right: 16, bottom: 16, crowd: true };
  const difficult = { class: 1, left: 24, top: 24, right: 32, bottom: 32, difficult: true };
  const object = { class: 0, left: 0, top: 0, right: 8, bottom: 8 };
  const { heatmap, weight } = detectionTargets([[crowd, difficult, object]], GRID);
  const penalty = (label: number, row: number, column: number) => (1 - at(heatmap.data, label, row, column)) ** 4;
  for (const [label, row, column] of [
    [0, 1, 1],
    [0, 0, 1],
    [1, 3, 3],
  ] as const) {
    assert.ok(at(heatmap.data, label, row, column) < 1);
    assert.ok(penalty(label, row, column) < 1e-9);
  }
  assert.equal(at(heatmap.data, 0, 0, 0), 1);
  assert.equal(at(heatmap.data, 0, 3, 3), 0);
  assert.equal(at(weight.data, 0, 3, 3), 0);
});

test("boxes of crops of another size than the detector's input are scaled to its grid", () => {
  const [whole] = [detectionTargets([[{ class: 0, left: 8, top: 0, right: 16, bottom: 16 }]], GRID)];
  const half = detectionTargets([[{ class: 0, left: 4, top: 0, right: 8, bottom: 8 }]], { ...GRID, side: 16 });
  assert.deepEqual(half, whole);
});
