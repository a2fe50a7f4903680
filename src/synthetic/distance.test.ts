import assert from "node:assert/strict";
import { test } from "node:test";
import { aboutMiddle, pointsOf, toLines, toPolygon } from "./distance.js";

test("the distance to a square equals the closed form, below 0 inside", () => {
  const square = toPolygon(pointsOf(-1, -1, 1, -1, 1, 1, -1, 1));
  for (let x = -2; x <= 2; x += 0.23)
    for (let y = -2; y <= 2; y += 0.19) {
      const [dx, dy] = [Math.abs(x) - 1, Math.abs(y) - 1];
      const expected = Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0);
      assert.ok(Math.abs(square(x, y) - expected) < 1e-12);
    }
});

test("a concave polygon is outside in its notch", () => {
  const notched = toPolygon(pointsOf(-1, -1, 0, 0, 1, -1, 1, 1, -1, 1));
  assert.ok(notched(0, -0.5) > 0);
  assert.ok(notched(0, 0.5) < 0);
  assert.ok(Math.abs(notched(0, -0.5) - Math.SQRT1_2 / 2) < 1e-12);
});

test("the distance to polylines equals that to the nearest of many points on them", () => {
  const lines = [pointsOf(0, 0, 1, 2, 3, 2), pointsOf(-1, 1, -1, -1)];
  const points = lines.flatMap((line) =>
    line.slice(1).flatMap(([bx, by], i) => {
      const [ax, ay] = line[i] as [number, number];
      return Array.from(
        { length: 2001 },
        (_, k) => [ax + ((bx - ax) * k) / 2000, ay + ((by - ay) * k) / 2000] as const,
      );
    }),
  );
  const distance = toLines(lines);
  for (const [x, y] of [
    [0, 1],
    [2, 0],
    [-3, 3],
    [4, 4],
    [0.4, 0.7],
  ] as const) {
    const nearest = Math.min(...points.map(([px, py]) => Math.hypot(x - px, y - py)));
    assert.ok(Math.abs(distance(x, y) - nearest) < 1e-3);
  }
});

test("halves have offset 0 from the midpoint between whole numbers, also below 0", () => {
  for (const x of [0.5, -0.5, 7.5, -3.5]) assert.equal(aboutMiddle(x), 0);
  assert.equal(aboutMiddle(-0.25), 0.25);
  assert.equal(aboutMiddle(2), -0.5);
});
