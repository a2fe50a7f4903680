import assert from "node:assert/strict";
import { test } from "node:test";
import { channelSums, flatImage, formulaImage, pixelAt } from "../../../testing/images.js";
import { randomAt } from "../../random.js";
import { applyHandling, applyHandlings } from "./apply.js";
import { Handling } from "./handling.js";

const image = formulaImage(20, 16);
const handled = (name: string, seed = 0) => applyHandling(image, Handling.parse(name), randomAt(seed, 5));

// Pillow 12.3.0 for JPEG (subsampling 4:2:0) and resizing (bicubic, uint8 between), SciPy 1.17.1 for shift (order 1) and
// gaussian_filter, both with mode "nearest" and rounded. The pixels (0, 0), (7, 3), (13, 9), (19, 15) and the channels' sums.
const references: Readonly<Record<string, readonly number[][]>> = {
  "jpeg:85": [
    [19, 0, 255],
    [120, 130, 215],
    [0, 79, 112],
    [187, 186, 200],
    [39111, 35789, 64141],
  ],
  "jpeg:40": [
    [23, 0, 255],
    [148, 138, 235],
    [0, 34, 99],
    [178, 157, 190],
    [38996, 35982, 64361],
  ],
  "resize:0.7": [
    [4, 1, 253],
    [133, 153, 220],
    [19, 114, 185],
    [160, 146, 151],
    [38986, 36049, 64640],
  ],
  "resize:0.33": [
    [19, 5, 251],
    [130, 126, 222],
    [72, 130, 185],
    [145, 141, 153],
    [38947, 36820, 64640],
  ],
  "resize:0.1": [
    [107, 86, 233],
    [119, 99, 220],
    [114, 132, 185],
    [87, 139, 171],
    [40880, 38320, 64640],
  ],
  "shift:1": [
    [0, 0, 255],
    [108, 84, 227],
    [252, 160, 191],
    [140, 228, 155],
    [38180, 31989, 66456],
  ],
  "shift:1.37": [
    [0, 0, 255],
    [99, 64, 229],
    [243, 109, 193],
    [131, 146, 157],
    [37987, 30214, 67024],
  ],
  "blur:0.5": [
    [3, 0, 254],
    [132, 147, 221],
    [23, 97, 185],
    [161, 181, 150],
    [39040, 35946, 64640],
  ],
  "blur:1.3": [
    [12, 2, 252],
    [132, 133, 221],
    [70, 131, 185],
    [152, 161, 152],
    [39057, 35475, 64640],
  ],
};

for (const [name, [a, b, c, d, sums]] of Object.entries(references))
  test(`the image after ${name} has the pixels and sums that Pillow or SciPy computes`, async () => {
    const result = await handled(name);
    assert.deepEqual([result.width, result.height], [20, 16]);
    const places = [[0, 0] as const, [7, 3] as const, [13, 9] as const, [19, 15] as const];
    assert.deepEqual(
      places.map(([x, y]) => pixelAt(result, x, y)),
      [a, b, c, d],
    );
    assert.deepEqual(channelSums(result), sums);
  });

test("values without an effect leave the image as it is", async () => {
  for (const name of ["resize:1", "shift:0", "blur:0", "noise:0"])
    assert.deepEqual(Buffer.from((await handled(name)).data), Buffer.from(image.data), name);
});

test("noise has its standard deviation, is the same for the same numbers and another for others", async () => {
  const gray = flatImage(100, 100, 128);
  const noisy = (index: number) => applyHandling(gray, { kind: "noise", value: 0.05 }, randomAt(0, index));
  const { data } = await noisy(1);
  const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - 128) ** 2, 0) / data.length) / 255;
  assert.ok(Math.abs(deviation - 0.05) < 0.001, `${deviation}`); // 4 standard errors: 0.05 · 4 / √60000
  assert.deepEqual((await noisy(1)).data, data);
  assert.notDeepEqual((await noisy(2)).data, data);
});

test("a range is sampled anew for each stream, an integer for JPEG", async () => {
  const gray = flatImage(8, 8, 100);
  gray.data.fill(200, 0, 96);
  const means: number[] = [];
  for (let i = 0; i < 40; i++)
    means.push((await applyHandling(gray, Handling.parse("shift:0..4"), randomAt(i))).data[3 * 36] ?? 0);
  assert.ok(new Set(means).size > 3);
  const jpegs: Buffer[] = [];
  for (let i = 0; i < 10; i++)
    jpegs.push(Buffer.from((await applyHandling(image, Handling.parse("jpeg:70..72"), randomAt(i))).data));
  const singles: Buffer[] = [];
  for (const quality of [70, 71, 72]) singles.push(Buffer.from((await handled(`jpeg:${quality}`)).data));
  assert.ok(jpegs.every((one) => singles.some((single) => single.equals(one))));
  assert.ok(singles.every((single) => jpegs.some((one) => single.equals(one))));
});

test("several handlings are applied in their order", async () => {
  const chain = [Handling.parse("blur:1"), Handling.parse("jpeg:50")];
  const both = await applyHandlings(image, chain, randomAt(0));
  const step = await applyHandling(image, Handling.parse("blur:1"), randomAt(0));
  assert.deepEqual(both, await applyHandling(step, Handling.parse("jpeg:50"), randomAt(0)));
  assert.notDeepEqual(both, await applyHandlings(image, chain.toReversed(), randomAt(0)));
});
