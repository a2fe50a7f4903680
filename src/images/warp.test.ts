import assert from "node:assert/strict";
import { test } from "node:test";
import { formulaImage } from "../../testing/images.js";
import { mirror, nearest } from "./filter.js";
import { planesOf } from "./planar.js";
import { warp, zoomed } from "./warp.js";

const row = { width: 4, height: 1, data: Float32Array.of(0, 10, 30, 60) };
const sameRow = (_: number, y: number) => y;

test("the identity warp changes nothing, a half-pixel shift averages neighbors, and borders follow the border mode", () => {
  const planes = planesOf(formulaImage(7, 5));
  assert.deepEqual(
    warp(planes, (x) => x, sameRow, nearest),
    planes,
  );
  assert.deepEqual([...warp(row, (x) => x + 0.5, sameRow, nearest).data], [5, 20, 45, 60]);
  assert.deepEqual([...warp(row, (x) => x + 0.5, sameRow, mirror).data], [5, 20, 45, 45]);
  assert.deepEqual([...warp(row, (x) => 3 - x, sameRow, nearest).data], [60, 30, 10, 0]);
});

test("a zoom of 1 changes nothing, and a zoom of 2 stretches the central half to the full width", () => {
  const planes = planesOf(formulaImage(7, 5));
  assert.deepEqual(zoomed(planes, 1, nearest), planes);
  const middle = zoomed({ ...row, height: 1 }, 2, nearest).data; // 10 … 30 in four steps
  for (const [i, want] of [10, 10 + 20 / 3, 10 + 40 / 3, 30].entries())
    assert.ok(Math.abs((middle[i] as number) - want) < 1e-5);
});
