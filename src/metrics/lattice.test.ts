import assert from "node:assert/strict";
import { test } from "node:test";
import { latticePower, latticeRatio } from "./lattice.js";
import type { Plane } from "./luma.js";

/** Uniform in [-0.5, 0.5): a hash of the pixel's number, which NumPy computes in the same way. */
function hashed(i: number): number {
  let h = (Math.imul(i, 2654435761) + 12345) >>> 0;
  h = Math.imul(h ^ (h >>> 15), 2246822519) >>> 0;
  h = Math.imul(h ^ (h >>> 13), 3266489917) >>> 0;
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32 - 0.5;
}

type Amplitudes = readonly [woven: number, checkered: number, noise: number];

/** 120 + woven · cos(π/2 (x + y)) + checkered · cos(π (x + y)) + white noise of a standard deviation. */
function patterned(
  [width, height]: readonly [number, number],
  ...[woven, checkered, noise, first = 0]: readonly [...Amplitudes, first?: number]
): Plane {
  const data = Float64Array.from({ length: width * height }, (_, i) => {
    const place = (i % width) + Math.floor(i / width);
    const waves = woven * Math.cos((Math.PI / 2) * place) + checkered * Math.cos(Math.PI * place);
    return 120 + waves + noise * Math.sqrt(12) * hashed(first + i);
  });
  return { width, height, data };
}

// NumPy 2.4.6: |sum of (v - mean) · Hann · exp(-2πi (ux + vy))|² / sum of squared Hann, in float64; the last agrees with fft2.
const references: readonly {
  size: readonly [number, number];
  amplitudes: Amplitudes;
  quarter: number[];
  half: number[];
}[] = [
  {
    size: [96, 64],
    amplitudes: [2, 1, 4],
    quarter: [1339.0607299582002, 18.29032307667372],
    half: [3712.527290855847, 8.311994059037355],
  },
  {
    size: [51, 42],
    amplitudes: [3, 0, 5],
    quarter: [1001.0433129748196, 24.319822454573355],
    half: [30.796612893228573, 34.99973453879673],
  },
  {
    size: [224, 224],
    amplitudes: [1, 0.5, 6],
    quarter: [2533.029094182698, 39.962462431507234],
    half: [5667.643735956413, 34.810945404438336],
  },
];
for (const { size, amplitudes, quarter, half } of references)
  test(`the lattice power of ${size.join("x")} pixels with patterns and noise equals NumPy's`, () => {
    const power = latticePower(patterned(size, ...amplitudes));
    const got = [power?.quarter.peak, power?.quarter.around, power?.half.peak, power?.half.around];
    for (const [i, want] of [...quarter, ...half].entries())
      assert.ok(Math.abs((got[i] ?? Number.NaN) / want - 1) < 1e-9, `${got[i]} instead of ${want}`);
  });

/** The mean powers of several planes, as an evaluation averages them. */
function meanRatios(planes: readonly Plane[]): [quarter: number, half: number] {
  const powers = planes.map((plane) => latticePower(plane));
  const ratio = (key: "quarter" | "half") => {
    const sum = (part: "peak" | "around") => powers.reduce((total, each) => total + (each?.[key][part] ?? 0), 0);
    return latticeRatio({ peak: sum("peak"), around: sum("around") });
  };
  return [ratio("quarter"), ratio("half")];
}

/** Planes of 64 x 64 pixels with the same patterns and independent noise. */
const several = (count: number, ...amplitudes: Amplitudes): Plane[] =>
  Array.from({ length: count }, (_, k) => patterned([64, 64], ...amplitudes, 4096 * (k + 1)));

test("a pattern in white noise has the ratio of an unwindowed transform: 1 + its power x pixels / variance of the noise", () => {
  // A real wave of amplitude a has the power (a / 2)² at two frequencies, one of them on one of two diagonals; a checkerboard a².
  const [quarter, half] = meanRatios(several(60, 2, 1, 4));
  const near = (got: number, want: number) => assert.ok(Math.abs(got / want - 1) < 0.1, `${got} instead of ${want}`);
  near(quarter, 1 + (64 ** 2 * (2 / 2) ** 2) / 2 / 4 ** 2);
  near(half, 1 + (64 ** 2 * 1 ** 2) / 4 ** 2);
});

test("white noise alone has a ratio of 1, and waves of other frequencies do not change it", () => {
  const noise = several(100, 0, 0, 9);
  const before = meanRatios(noise);
  // Three standard errors: 2.25 / √200 and 2.25 √(2 / 100).
  assert.ok(Math.abs(before[0] - 1) < 0.48 && Math.abs(before[1] - 1) < 0.96, `${before}`);
  const waves = noise.map((plane) => ({
    ...plane,
    data: plane.data.map((value, i) => value + 20 * Math.cos(0.8 * (i % plane.width))),
  }));
  for (const [i, ratio] of meanRatios(waves).entries()) assert.ok(Math.abs(ratio - (before[i] as number)) < 0.01);
});

test("a pattern along the other diagonal counts as well, and an image without detail has no ratio", () => {
  const plane = patterned([64, 48], 2, 0, 3);
  const flipped = { ...plane, data: new Float64Array(plane.data.length) };
  for (let y = 0; y < 48; y++)
    for (let x = 0; x < 64; x++) flipped.data[y * 64 + x] = plane.data[y * 64 + 63 - x] as number;
  const [straight, mirrored] = [latticePower(plane), latticePower(flipped)];
  assert.ok(straight && mirrored && mirrored.quarter.peak > 100 * mirrored.quarter.around * 0.5);
  const flat = latticePower(patterned([64, 48], 0, 0, 0));
  assert.ok(flat && Number.isNaN(latticeRatio(flat.quarter)) && Number.isNaN(latticeRatio(flat.half)));
  assert.equal(latticePower(patterned([31, 64], 1, 1, 1)), undefined);
});
