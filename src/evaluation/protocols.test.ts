import assert from "node:assert/strict";
import { test } from "node:test";
import { formulaImage } from "../../testing/images.js";
import { findTask } from "../data/tasks/index.js";
import { crop } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { randomAt } from "../random.js";
import { evaluationSample, resolveProtocol } from "./protocols.js";

const size = ({ width, height }: Image) => [width, height];
const sampleOf = (image: Image, scale: number, protocol: "imagenet" | "full", border?: number) =>
  evaluationSample(
    image,
    findTask("sr", { scale }),
    randomAt(0),
    resolveProtocol(protocol, scale, ...(border === undefined ? [] : [border])),
  );

for (const [width, height, scale, side] of [
  [500, 300, 4, 224],
  [227, 227, 3, 222],
  [150, 500, 4, 148],
] as const)
  test(`the evaluation sample of ${width}x${height} pixels at scale ${scale} is ${side}x${side}`, async () => {
    const sample = await sampleOf(formulaImage(width, height), scale, "imagenet");
    assert.deepEqual(size(sample.clean), [side, side]);
    assert.deepEqual(size(sample.degraded), [side / scale, side / scale]);
    assert.deepEqual(size(sample.interpolated), [side, side]);
  });

test("an image with a side under 11 pixels cannot be evaluated", () =>
  assert.rejects(sampleOf(formulaImage(10, 40), 4, "imagenet"), /10x40 pixels are too few/));

test("full evaluates the whole image but for columns at the right and rows at the bottom beyond a multiple", async () => {
  const image = formulaImage(331, 302);
  const { clean, degraded } = await sampleOf(image, 4, "full");
  assert.deepEqual(clean, crop(image, 0, 0, 328, 300));
  assert.deepEqual(size(degraded), [82, 75]);
});

test("full needs 11 x 11 pixels inside the crop border, which is the scale unless chosen", async () => {
  await assert.rejects(sampleOf(formulaImage(18, 40), 4, "full"), /18x40 pixels .* 11 x 11 inside a border of 4/);
  assert.deepEqual(size((await sampleOf(formulaImage(18, 40), 4, "full", 2)).clean), [16, 40]);
  assert.equal(resolveProtocol("full", 1).cropBorder, 0);
});

test("a crop border that has no effect or is not a number of pixels is refused", () => {
  assert.throws(() => resolveProtocol("imagenet", 4, 4), /`cropBorder` has no effect with the protocol imagenet/);
  for (const border of [-1, 1.5, Number.NaN])
    assert.throws(() => resolveProtocol("full", 4, border), /`cropBorder` is .*; expected a whole number/);
});
