import assert from "node:assert/strict";
import { test } from "node:test";
import { formulaImage } from "../../testing/images.js";
import { residualProcessor } from "../../testing/processors.js";
import type { Graph } from "../onnx/graph.js";
import type { Tensor } from "../onnx/tensor.js";
import { Processor } from "../processors/processor.js";
import { enhance, enhancePixels } from "./enhance.js";
import { processTiled } from "./tiles.js";

/** A processor for which memory suffices only up to a number of input pixels. */
class ShortOfMemory extends Processor {
  readonly failures: number[] = [];

  constructor(
    graph: Graph,
    private readonly pixels: number,
    private readonly message = "Failed to allocate memory for requested buffer of size 268435456",
  ) {
    super(graph);
  }

  override run(images: Tensor): Promise<Tensor> {
    const [, , height = 0, width = 0] = images.shape;
    if (height * width <= this.pixels) return super.run(images);
    this.failures.push(height * width);
    return Promise.reject(new Error(this.message));
  }
}

/** Tiles of 64 pixels with margins of 4 need 72² pixels, those of 32 pixels 40². */
const FITS_32 = 50 ** 2;
const image = formulaImage(128, 96);

/** A processor that knows its properties, which are measured on images larger than the test allows for. */
async function short(scale: number, pixels: number, message?: string): Promise<ShortOfMemory> {
  const processor = new ShortOfMemory(residualProcessor(scale), Number.POSITIVE_INFINITY, message);
  await Promise.all([processor.border(), processor.receptiveRadius(), processor.featureBytes()]);
  Object.assign(processor, { pixels });
  return processor;
}

for (const scale of [1, 2])
  for (const message of [undefined, "std::bad_alloc", "Array buffer allocation failed"])
    test(`if ${message ?? "ONNX Runtime"} reports a lack of memory at scale ${scale}, tiles of half the side have the same result`, async () => {
      const processor = await short(scale, FITS_32, message);
      const { data, tile, ...size } = await enhance(processor, image, { format: "png" });
      assert.equal(tile, 32);
      assert.deepEqual(size, { format: "png", width: 128 * scale, height: 96 * scale });
      assert.ok(processor.failures.length <= 3, `${processor.failures}`);
      const found = (await enhancePixels(processor, image)).data;
      const expected = (await enhancePixels(new Processor(residualProcessor(scale)), image)).data;
      assert.ok(found.every((value, i) => Math.abs(value - (expected[i] as number)) <= 1));
      assert.ok(data.length > 0);
    });

test("progress does not fall when tiles are divided", async () => {
  const shares: number[] = [];
  await enhance(await short(2, FITS_32), image, { tile: 64, onProgress: (share) => shares.push(share) });
  assert.deepEqual(shares, [0.25, 0.5, 0.75, 1]);
});

test("if memory does not suffice for the smallest tile, the error names its side", async () => {
  await assert.rejects(
    enhance(await short(2, 30 ** 2), image),
    /^UserError: memory does not suffice for tiles of 32 pixels$/,
  );
});

test("another error of the network is not taken for a lack of memory", async () => {
  const processor = await short(2, FITS_32, "Non-zero status code returned while running Conv");
  await assert.rejects(enhance(processor, image), /^Error: Non-zero status code/);
  assert.equal(processor.failures.length, 1);
});

for (const [width, height] of [
  [95, 61],
  [33, 100],
  [5, 120],
  [70, 7],
] as const)
  for (const tile of [8, 40])
    test(`a result in the memory of its source, of ${width}x${height} pixels, is the same, in tiles of ${tile}`, async () => {
      const processor = new Processor(residualProcessor(1, 0.3));
      const source = { ...formulaImage(width, height), channels: 3 } as const;
      const expected = await processTiled(processor, source, tile);
      const given = { ...source, data: source.data.slice() };
      const result = await processTiled(processor, given, tile, { inPlace: true });
      assert.equal(result.data, given.data);
      assert.deepEqual(result.data, expected.data);
    });
