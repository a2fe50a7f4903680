import assert from "node:assert/strict";
import { test } from "node:test";
import { channelSums, flatImage, formulaImage, pixelAt } from "../../../../testing/images.js";
import type { Image } from "../../../images/image.js";
import { psnr } from "../../../metrics/psnr.js";
import { randomAt } from "../../../random.js";
import { renderScene } from "../../../synthetic/render.js";
import { findTask } from "../index.js";
import { diskTaps, motionTaps } from "./blur.js";
import { cumulativePoisson } from "./noise.js";
import { plasma } from "./weather.js";

const corrupt = (kind: string, severity: number, image: Image, index = 0) =>
  findTask("corruption", { kind, severity }).degrade(image, randomAt(0, index));

/** Channel sums and pixels (12, 10) and (0, 0) of the corrupted 24 x 20 image, from NumPy, torch, colorsys and Pillow. */
const references = [
  { kind: "defocus-blur", severity: 1, sums: [61748, 57260, 91200], inside: [102, 116, 187], corner: [30, 9, 248] },
  { kind: "defocus-blur", severity: 3, sums: [61786, 57744, 91200], inside: [121, 132, 187], corner: [61, 41, 240] },
  { kind: "defocus-blur", severity: 4, sums: [61765, 57919, 91200], inside: [127, 134, 187], corner: [81, 71, 235] },
  { kind: "defocus-blur", severity: 5, sums: [61767, 58025, 91200], inside: [129, 133, 187], corner: [103, 92, 229] },
  { kind: "zoom-blur", severity: 1, sums: [60690, 55545, 92373], inside: [105, 133, 190], corner: [2, 0, 254] },
  { kind: "zoom-blur", severity: 2, sums: [60756, 56840, 92349], inside: [112, 122, 190], corner: [7, 2, 253] },
  { kind: "zoom-blur", severity: 3, sums: [60877, 57827, 92257], inside: [105, 121, 189], corner: [13, 4, 252] },
  { kind: "zoom-blur", severity: 4, sums: [60905, 58415, 92276], inside: [101, 136, 190], corner: [16, 5, 251] },
  { kind: "zoom-blur", severity: 5, sums: [60889, 59212, 92491], inside: [136, 120, 190], corner: [21, 9, 250] },
  { kind: "brightness", severity: 2, sums: [72265, 65181, 107406], inside: [18, 92, 238], corner: [0, 0, 255] },
  { kind: "brightness", severity: 4, sums: [75315, 68008, 112524], inside: [19, 98, 255], corner: [0, 0, 255] },
  { kind: "contrast", severity: 1, sums: [61614, 55509, 91200], inside: [83, 98, 189], corner: [77, 69, 216] },
  { kind: "contrast", severity: 5, sums: [61629, 55508, 91200], inside: [123, 113, 190], corner: [122, 110, 193] },
  { kind: "pixelate", severity: 1, sums: [62024, 55724, 91200], inside: [27, 151, 184], corner: [13, 2, 252] },
  { kind: "pixelate", severity: 5, sums: [62112, 55648, 91200], inside: [49, 130, 182], corner: [37, 16, 246] },
];

for (const { kind, severity, sums, inside, corner } of references)
  test(`${kind} of severity ${severity} equals the reference`, async () => {
    const image = await corrupt(kind, severity, formulaImage(24, 20));
    // Values halfway between two levels can round either way; at most one in twenty may differ.
    for (const [i, sum] of channelSums(image).entries())
      assert.ok(Math.abs(sum - (sums[i] as number)) <= 24, `channel ${i}: ${sum}`);
    for (const [got, want] of [
      [pixelAt(image, 12, 10), inside],
      [pixelAt(image, 0, 0), corner],
    ] as const)
      assert.ok(
        got.every((value, i) => Math.abs(value - (want[i] as number)) <= 1),
        `${got}, not ${want}`,
      );
  });

/** Severities at which the published parameters increase the error; elastic's first two parameters differ in kind. */
const increasing: Record<string, number[]> = {
  "gaussian-noise": [1, 2, 3, 4, 5],
  "shot-noise": [1, 2, 3, 4, 5],
  "impulse-noise": [1, 2, 3, 4, 5],
  "defocus-blur": [1, 2, 3, 4, 5],
  "glass-blur": [1, 3, 4, 5],
  "motion-blur": [1, 2, 3, 4, 5],
  "zoom-blur": [1, 2, 3, 4, 5],
  snow: [1, 2, 4, 5],
  fog: [1, 2, 3, 4, 5],
  brightness: [1, 2, 3, 4, 5],
  contrast: [1, 2, 3, 4, 5],
  elastic: [3, 4, 5],
  pixelate: [1, 2, 3, 4, 5],
  jpeg: [1, 2, 3, 4, 5],
};

/** An image of waves of random directions whose amplitudes fall with frequency, as in photographs. */
function waves(side: number): Image {
  const random = randomAt(11);
  const components = Array.from({ length: 48 }, (_, i) => {
    const [frequency, angle] = [2 ** (-7.5 + i / 8), 2 * Math.PI * random.uniform()];
    const [x, y] = [2 * Math.PI * frequency * Math.cos(angle), 2 * Math.PI * frequency * Math.sin(angle)];
    return { x, y, phase: 2 * Math.PI * random.uniform(), strength: 0.5 / Math.sqrt(frequency) };
  });
  const data = Uint8ClampedArray.from({ length: side * side * 3 }, (_, i) => {
    const [column, row] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    const terms = components.map(
      ({ x, y, phase, strength }) => strength * Math.sin(x * column + y * row + phase + (i % 3)),
    );
    return 120 + 2.5 * terms.reduce((sum, value) => sum + value, 0);
  });
  return { width: side, height: side, data: new Uint8Array(data) };
}

const clean = waves(160);

for (const [kind, severities] of Object.entries(increasing))
  test(`${kind}: the error increases with severity, and the same seed gives the same bytes`, async () => {
    const decibels: number[] = [];
    for (const severity of severities) decibels.push(psnr(await corrupt(kind, severity, clean, 7), clean));
    assert.deepEqual(
      decibels,
      [...decibels].sort((a, b) => b - a),
    );
    assert.deepEqual(await corrupt(kind, 3, clean, 2), await corrupt(kind, 3, clean, 2));
    assert.deepEqual(clean, waves(160), "the clean image was modified");
  });

test("every corruption keeps the size of non-square and tiny images", async () => {
  for (const kind of Object.keys(increasing))
    for (const severity of [1, 5])
      for (const [width, height] of [
        [70, 33],
        [33, 70],
        [12, 12],
      ] as const) {
        const image = await corrupt(kind, severity, formulaImage(width, height));
        assert.deepEqual([image.width, image.height, image.data.length], [width, height, width * height * 3]);
      }
});

for (const kind of ["defocus-blur", "glass-blur", "motion-blur", "zoom-blur", "elastic", "pixelate", "contrast"])
  test(`a flat image stays flat under ${kind}`, async () => {
    for (const severity of [1, 2, 5])
      assert.deepEqual(await corrupt(kind, severity, flatImage(40, 32, 90)), flatImage(40, 32, 90));
  });

test("shot noise has the mean of the image and the variance of a Poisson distribution", async () => {
  const { data } = await corrupt("shot-noise", 1, flatImage(128, 128, 102));
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
  assert.ok(Math.abs(mean - 102) < 0.5, `mean ${mean}`);
  // 0.4 · 60 = 24 photons, so the standard deviation is sqrt(24) / 60.
  assert.ok(Math.abs(Math.sqrt(variance) / 255 - Math.sqrt(24) / 60) < 0.001);
});

test("the cumulative Poisson table equals the closed form, and is 1 for mean 0", () => {
  const table = cumulativePoisson(3);
  const closed = Math.exp(-3) * (1 + 3 + 9 / 2 + 27 / 6);
  assert.ok(Math.abs((table[3] as number) - closed) < 1e-12);
  assert.ok(1 - (table.at(-1) as number) < 1e-9);
  assert.deepEqual([...cumulativePoisson(0)], [1]);
});

test("impulse noise sets the given share of values to black or white, equally often", async () => {
  const { data } = await corrupt("impulse-noise", 5, flatImage(128, 128, 90));
  const share = (value: number) => data.filter((each) => each === value).length / data.length;
  assert.ok(Math.abs(share(0) - 0.135) < 0.008 && Math.abs(share(255) - 0.135) < 0.008);
  assert.ok(Math.abs(share(90) - 0.73) < 0.01);
});

test("the disk kernel of radius 3 has 29 equal weights, and that of radius 10 a smooth edge", () => {
  const small = diskTaps(3, 0.1).filter(({ weight }) => weight > 1e-9);
  assert.equal(small.length, 29);
  assert.ok(small.every(({ weight }) => Math.abs(weight - 1 / 29) < 1e-6));
  const large = diskTaps(10, 0.5);
  assert.equal(large.filter(({ weight }) => weight > 1e-9).length, 417);
  assert.ok(Math.abs(Math.max(...large.map(({ weight }) => weight)) - 0.0031209127) < 1e-8);
});

test("the motion blur kernel equals ImageMagick's: half a Gaussian on whole pixels to one side", () => {
  for (const [radius, sigma, angle, first, sixth, places] of [
    [10, 3, 30, 0.2347449574, 0.0585341736, ["0 0", "1 0", "4 2", "17 10"]],
    [15, 12, -100, 0.0650440698, 0.059636003, ["0 0", "0 -1", "-1 -5", "-5 -30"]],
  ] as const) {
    const taps = motionTaps(radius, sigma, angle);
    assert.equal(taps.length, 2 * radius + 1);
    assert.ok(Math.abs((taps[0]?.weight as number) - first) < 1e-9);
    assert.ok(Math.abs((taps[5]?.weight as number) - sixth) < 1e-9);
    const placeOf = (i: number) => `${(taps.at(i)?.x ?? 0) + 0} ${(taps.at(i)?.y ?? 0) + 0}`;
    assert.deepEqual([0, 1, 5, -1].map(placeOf), [...places]);
  }
});

test("a plasma fractal spans [0, 1], is periodic, and is rougher with less decay", () => {
  const roughness = (decay: number): number => {
    const map = plasma(64, decay, randomAt(4));
    assert.deepEqual([Math.min(...map), Math.max(...map)], [0, 1]);
    const step = (a: number, b: number) => Math.abs((map[a] as number) - (map[b] as number));
    let inside = 0;
    let across = 0;
    for (let y = 0; y < 64; y++) {
      across += step(y * 64 + 63, y * 64);
      inside += step(y * 64 + 31, y * 64 + 32);
    }
    assert.ok(across < 4 * inside);
    return inside;
  };
  assert.ok(roughness(1.4) > 2 * roughness(2));
});

test("snow brightens the image, and snow and fog depend on the seed", async () => {
  const { image } = renderScene({ style: "patterned", size: 64 }, 1, 3);
  const total = ({ data }: Image) => data.reduce((sum, value) => sum + value, 0);
  assert.ok(total(await corrupt("snow", 1, image)) > total(image));
  for (const kind of ["snow", "fog"])
    assert.notDeepEqual(await corrupt(kind, 2, image, 0), await corrupt(kind, 2, image, 1));
});

test("frost and severities out of range are refused with the valid choices", () => {
  assert.throws(() => findTask("corruption", { kind: "frost" }), /kind: .*"snow"\|"fog"/);
  assert.throws(() => findTask("corruption", { severity: 6 }), /severity: expected an integer from 1 to 5/);
});
