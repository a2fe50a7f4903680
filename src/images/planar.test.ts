import assert from "node:assert/strict";
import { test } from "node:test";
import type { Image } from "./image.js";
import { fromPlanar, toPlanar } from "./planar.js";

test("all 256 levels survive conversion to floats and back, at any offset", () => {
  const image: Image = { width: 16, height: 16, data: Uint8Array.from({ length: 768 }, (_, i) => (i * 7) % 256) };
  const floats = new Float32Array(768 * 2);
  toPlanar(image, floats, 768);
  assert.deepEqual(fromPlanar(floats, 768, 16, 16), image);
});

test("toPlanar writes the planes in the order red, green, blue", () => {
  const floats = new Float32Array(6);
  toPlanar({ width: 2, height: 1, data: Uint8Array.of(0, 51, 102, 153, 204, 255) }, floats, 0);
  assert.deepEqual(floats, Float32Array.of(0, 0.6, 0.2, 0.8, 0.4, 1));
});

test("fromPlanar clamps values to [0, 1] and rounds half up", () => {
  const { data } = fromPlanar(Float32Array.of(-0.5, 1.5, 0.5 / 255), 0, 1, 1);
  assert.deepEqual(data, Uint8Array.of(0, 255, 1));
});
