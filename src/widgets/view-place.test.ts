import assert from "node:assert/strict";
import { test } from "node:test";
import { imagePoint, panned, WHOLE, zoomed } from "./view-place.js";

test("a zoom keeps the image point under the pointer", () => {
  const near = zoomed(WHOLE, 4, 0.3, 0.8);
  const { x, y } = imagePoint(near, 0.3, 0.8);
  assert.ok(Math.abs(x - 0.3) < 1e-12 && Math.abs(y - 0.8) < 1e-12, `${x}, ${y}`);
});

test("the image always fills the frame, however far it is moved", () => {
  const { x, y } = panned(zoomed(WHOLE, 2), 10, -10);
  assert.deepEqual([x, y], [0.25, 0.75]);
  assert.deepEqual(panned(WHOLE, 0.5, 0.5), WHOLE);
});

test("the zoom ends at the whole image and at 16 times its size", () => {
  assert.equal(zoomed(WHOLE, 0.1).zoom, 1);
  assert.equal(zoomed(WHOLE, 1000).zoom, 16);
});
