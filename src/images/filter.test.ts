import assert from "node:assert/strict";
import { test } from "node:test";
import { channelSums, formulaImage, pixelAt } from "../../testing/images.js";
import { filter, gaussianBlur, gaussianKernel, mirror, nearest, reflect } from "./filter.js";
import { imageOf, planesOf } from "./planar.js";

const positions = [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5];

test("border modes map positions outside the image as numpy.pad does", () => {
  const mapped = (border: typeof nearest) => positions.map((position) => border(position, 3));
  assert.deepEqual(mapped(nearest), [0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2]); // mode "edge"
  assert.deepEqual(mapped(mirror), [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1]); // mode "reflect"
  assert.deepEqual(mapped(reflect), [1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0]); // mode "symmetric"
  assert.equal(mirror(7, 1), 0);
});

test("a Gaussian kernel sums to 1 and has the values that NumPy computes", () => {
  const want = [0.0001338, 0.0044319, 0.0539911, 0.2419714, 0.3989435];
  const kernel = gaussianKernel(1, 4);
  for (const [i, value] of want.entries())
    for (const at of [i, 8 - i]) assert.ok(Math.abs((kernel[at] as number) - value) < 5e-8);
  for (const [sigma, radius] of [
    [0.3, 1],
    [2, 8],
    [30, 5],
  ] as const)
    assert.ok(Math.abs(gaussianKernel(sigma, radius).reduce((sum, weight) => sum + weight, 0) - 1) < 1e-12);
});

test("a Gaussian blur of sigma 1.5 equals NumPy's result", () => {
  const blurred = imageOf(gaussianBlur(planesOf(formulaImage(12, 9)), 1.5));
  assert.deepEqual(channelSums(blurred), [12798, 9501, 24300]);
  assert.deepEqual(
    [pixelAt(blurred, 5, 4), pixelAt(blurred, 0, 0), pixelAt(blurred, 11, 8)],
    [
      [111, 128, 227],
      [14, 2, 252],
      [223, 115, 198],
    ],
  );
});

for (const border of [nearest, mirror, reflect])
  test(`a Gaussian blur wider than the image equals two passes of \`filter\` (${border.name})`, () => {
    const planes = planesOf(formulaImage(5, 4));
    const kernel = gaussianKernel(4, 16);
    const tapsOf = (x: number, y: number) => kernel.map((weight, i) => ({ x: x * (i - 16), y: y * (i - 16), weight }));
    const want = filter(filter(planes, tapsOf(1, 0), border), tapsOf(0, 1), border);
    const got = gaussianBlur(planes, 4, { border });
    for (const [i, value] of want.data.entries()) assert.ok(Math.abs(value - (got.data[i] as number)) < 1e-6);
  });

test("a tap at (1, 1) reads the pixel to the right and below", () => {
  const { data } = filter(
    { width: 3, height: 2, data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    [{ x: 1, y: 1, weight: 2 }],
    nearest,
  );
  assert.deepEqual([...data], [10, 12, 12, 10, 12, 12]);
});
