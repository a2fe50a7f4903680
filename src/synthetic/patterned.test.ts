import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { patternNames, renderPatterned } from "./patterned.js";
import { patterns } from "./patterns.js";

test("equal size, seed and index give equal bytes, and any other gives others", () => {
  const bytes = (...place: [number, number, number]) => renderPatterned(...place).image.data.join();
  assert.equal(bytes(64, 1, 2), bytes(64, 1, 2));
  const images = [bytes(64, 1, 2), bytes(64, 1, 3), bytes(64, 2, 2), bytes(32, 1, 2), bytes(64, 1, 12)];
  assert.equal(new Set(images).size, images.length);
});

test("the first images are the same in every version, so that recorded results stay comparable", () => {
  const hash = createHash("sha256");
  for (let index = 0; index < 50; index++) hash.update(renderPatterned(64, 0, index).image.data);
  assert.equal(hash.digest("hex"), "ec6df998e55aba8bf9be5289cb98fe0211c71784896c84adff5b5149e7d77901");
});

test("labels cycle through the classes", () => {
  assert.ok(patternNames.length >= 10);
  const labels = patternNames.map((_, index) => renderPatterned(16, 0, index).objects[0]?.label);
  assert.deepEqual(
    labels,
    patternNames.map((_, label) => label),
  );
});

test("images have the requested size and use dark and light", () => {
  for (const size of [32, 64]) {
    const { image } = renderPatterned(size, 0, 0);
    assert.deepEqual([image.width, image.height, image.data.length], [size, size, 3 * size * size]);
    assert.ok(Math.max(...image.data) - Math.min(...image.data) > 100);
  }
});

test("the box lies inside the image and is as wide as the object's radius range allows", () => {
  for (let index = 0; index < 40; index++) {
    const [{ left, top, right, bottom } = assert.fail(), ...others] = renderPatterned(64, 6, index).objects;
    assert.equal(others.length, 0);
    assert.ok(left >= 0 && top >= 0 && right <= 64 && bottom <= 64);
    for (const side of [right - left, bottom - top])
      assert.ok(side > 64 * 0.28 && side < 64 * 2 * 1.2 * 0.42, `${side}`);
  }
});

test("ink lies between -1 and 1, and no pattern becomes another in a mirror", () => {
  const places = Array.from({ length: 400 }, (_, i) => [(i % 20) / 7 - 1.4, Math.floor(i / 20) / 7 - 1.4] as const);
  const marks = Object.values(patterns).map((ink) => places.map(([x, y]) => ink(x, y)));
  for (const values of marks) assert.ok(values.every((value) => value >= -1 && value <= 1));
  for (const [i, ink] of Object.values(patterns).entries()) {
    const mirrored = places.map(([x, y]) => ink(-x, y)).join();
    assert.ok(marks.every((other, j) => i === j || other.join() !== mirrored));
  }
});
