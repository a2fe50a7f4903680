import assert from "node:assert/strict";
import { test } from "node:test";
import { channelSums, formulaPicture, pixelAt } from "../../testing/pictures.js";
import { filter, gaussianBlur, gaussianKernel, mirror, nearest, reflect } from "./filter.js";
import { imageOf, planesOf } from "./planar.js";

const around = [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5];

test("positions outside stand for those that NumPy's pad puts there", () => {
  const at = (border: typeof nearest) => around.map((position) => border(position, 3));
  assert.deepEqual(at(nearest), [0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2]); // mode "edge"
  assert.deepEqual(at(mirror), [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1]); // mode "reflect"
  assert.deepEqual(at(reflect), [1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0]); // mode "symmetric"
  assert.equal(mirror(7, 1), 0);
});

test("a Gaussian kernel has the sum 1 and NumPy's values", () => {
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

test("a Gaussian blur of sigma 1.5 gives NumPy's picture", () => {
  const blurred = imageOf(gaussianBlur(planesOf(formulaPicture(12, 9)), 1.5));
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
  test(`a Gaussian longer than the picture is the same as its taps one by one (${border.name})`, () => {
    const planes = planesOf(formulaPicture(5, 4));
    const kernel = gaussianKernel(4, 16);
    const tapsOf = (x: number, y: number) => kernel.map((weight, i) => ({ x: x * (i - 16), y: y * (i - 16), weight }));
    const want = filter(filter(planes, tapsOf(1, 0), border), tapsOf(0, 1), border);
    const got = gaussianBlur(planes, 4, { border });
    for (const [i, value] of want.data.entries()) assert.ok(Math.abs(value - (got.data[i] as number)) < 1e-6);
  });

test("a tap to the right and below takes the pixel that lies there", () => {
  const { data } = filter(
    { width: 3, height: 2, data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    [{ x: 1, y: 1, weight: 2 }],
    nearest,
  );
  assert.deepEqual([...data], [10, 12, 12, 10, 12, 12]);
});
