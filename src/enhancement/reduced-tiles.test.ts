import assert from "node:assert/strict";
import { test } from "node:test";
import { formulaImage } from "../../testing/images.js";
import { residualProcessor } from "../../testing/processors.js";
import type { Tensor } from "../onnx/tensor.js";
import { Processor } from "../processors/processor.js";
import { enhance, enhancePixels } from "./enhance.js";
import { processTiled } from "./tiles.js";

/** A processor for which memory suffices only up to a number of input pixels. */
class ShortOfMemory extends Processor {
  pixels = Number.POSITIVE_INFINITY;
  message = "Failed to allocate memory for requested buffer of size 268435456";
  failures = 0;

  override run(images: Tensor): Promise<Tensor> {
    const [, , height = 0, width = 0] = images.shape;
    if (height * width <= this.pixels) return super.run(images);
    this.failures++;
    return Promise.reject(new Error(this.message));
  }
}

/** Tiles of 64 pixels with margins of 4 need 72² pixels, those of 32 pixels 40². */
const FITS_32 = 50 ** 2;
const image = formulaImage(128, 96);

/** Its properties are measured first, on images larger than a test allows for. */
async function measured(scale: number): Promise<ShortOfMemory> {
  const processor = new ShortOfMemory(residualProcessor(scale));
  await processor.border();
  await processor.receptiveRadius();
  return processor;
}
const processors = [await measured(1), await measured(2)];

for (const [i, scale] of [1, 2].entries())
  test(`if memory does not suffice at scale ${scale}, tiles of half the side have the same result`, async () => {
    const processor = processors[i] as ShortOfMemory;
    const expected = (await enhancePixels(processor, image)).data;
    Object.assign(processor, { pixels: FITS_32, failures: 0 });
    const { tile, ...size } = await enhance(processor, image, { format: "jpeg" });
    assert.equal(tile, 32);
    assert.deepEqual([size.width, size.height], [128 * scale, 96 * scale]);
    assert.equal(processor.failures, 2); // 128, 64
    const found = (await enhancePixels(processor, image)).data;
    assert.ok(found.every((value, j) => Math.abs(value - (expected[j] as number)) <= 1));
  });

const processor = processors[1] as ShortOfMemory;

for (const message of ["std::bad_alloc", "Array buffer allocation failed"])
  test(`"${message}" is a lack of memory, and progress does not fall when tiles are divided`, async () => {
    Object.assign(processor, { pixels: FITS_32, message });
    const shares: number[] = [];
    await enhance(processor, image, { tile: 64, format: "jpeg", onProgress: (share) => shares.push(share) });
    assert.deepEqual(shares, [0.25, 0.5, 0.75, 1]);
  });

test("if memory does not suffice for the smallest tile, the error names its side", async () => {
  Object.assign(processor, { pixels: 30 ** 2 });
  await assert.rejects(enhance(processor, image), /^UserError: memory does not suffice for tiles of 32 pixels$/);
});

test("another error of the network is not taken for a lack of memory", async () => {
  Object.assign(processor, {
    pixels: FITS_32,
    failures: 0,
    message: "Non-zero status code returned while running Conv",
  });
  await assert.rejects(enhance(processor, image), /^Error: Non-zero status code/);
  assert.equal(processor.failures, 1);
});

const same = new Processor(residualProcessor(1, 0.3));

for (const [width, height] of [
  [95, 61],
  [33, 100],
  [5, 120],
  [70, 7],
] as const)
  for (const tile of [8, 40])
    test(`a result in the memory of its source, of ${width}x${height} pixels, is the same, in tiles of ${tile}`, async () => {
      const source = { ...formulaImage(width, height), channels: 3 } as const;
      const expected = await processTiled(same, source, tile);
      const given = { ...source, data: source.data.slice() };
      const result = await processTiled(same, given, tile, { inPlace: true });
      assert.equal(result.data, given.data);
      assert.deepEqual(result.data, expected.data);
    });
