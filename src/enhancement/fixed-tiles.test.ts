import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "../onnx/builder.js";
import type { Dim, Graph } from "../onnx/graph.js";
import { float32 } from "../onnx/tensor.js";
import { Processor } from "../processors/processor.js";
import { randomAt } from "../random.js";
import { fixedSpans } from "./fixed-tiles.js";
import type { Raster } from "./raster.js";
import { processTiled } from "./tiles.js";

/** A convolution, then pixel shuffle by 2 that is written with Reshape, whose constants fix the batch and the size. */
function enlarging([batch, height, width]: readonly [Dim, Dim, Dim], radius = 2): Graph {
  const b = new GraphBuilder("enlarging");
  const image = b.input("image", [batch, 3, height, width]);
  const values = randomAt(1);
  const side = 2 * radius + 1;
  const kernel = float32(
    Float32Array.from({ length: 12 * 3 * side * side }, () => 1 / (3 * side * side) + 0.02 * values.normal()),
    [12, 3, side, side],
  );
  const features = b.Conv(image, b.initializer("conv", kernel), "", { pads: Array(4).fill(radius) });
  if (typeof batch !== "number" || typeof height !== "number" || typeof width !== "number")
    b.output("restored", b.DepthToSpace(features, 2, "CRD"), [batch, 3, "H", "W"]);
  else {
    const split = b.Reshape(features, [batch, 3, 2, 2, height, width]);
    const shuffled = b.Transpose(split, [0, 1, 4, 2, 5, 3]);
    b.output("restored", b.Reshape(shuffled, [batch, 3, 2 * height, 2 * width]));
  }
  return b.build();
}

const noise = (width: number, height: number) => {
  const values = randomAt(2);
  const data = Uint8Array.from({ length: width * height * 3 }, () => values.integer(256));
  return { width, height, channels: 3, data } as const;
};

/** The largest difference of pixels that are at least `rim` pixels from the border. */
function worstInside(one: Raster, other: Raster, rim: number): number {
  let worst = 0;
  for (const [i, value] of one.data.entries()) {
    const [x, y] = [Math.floor(i / 3) % one.width, Math.floor(i / 3 / one.width)];
    if (Math.min(x, y, one.width - 1 - x, one.height - 1 - y) < rim) continue;
    worst = Math.max(worst, Math.abs(value - (other.data[i] as number)));
  }
  return worst;
}

for (const [batch, fixedHeight, fixedWidth] of [
  [1, 24, 24],
  [3, 16, 32],
] as const)
  for (const [width, height] of [
    [95, 61],
    [32, 24],
    [33, 27],
    [24, 70],
    [12, 14],
  ] as const)
    test(`inside, a network of batch ${batch} and size ${fixedWidth}x${fixedHeight} enlarges ${width}x${height} like one of any size`, async () => {
      const fixed = new Processor(enlarging([batch, fixedHeight, fixedWidth]));
      const open = new Processor(enlarging(["N", "H", "W"]));
      const source = noise(width, height);
      const [found, expected] = [await processTiled(fixed, source, 128), await processTiled(open, source, 128)];
      assert.deepEqual([found.width, found.height], [2 * width, 2 * height]);
      const worst = worstInside(found, expected, 4);
      assert.ok(worst <= 1, `differs by ${worst} levels`);
    });

test("an image smaller than the fixed size gives an image of its own enlarged size", async () => {
  const result = await processTiled(new Processor(enlarging([1, 24, 24])), noise(10, 7), 128);
  assert.deepEqual([result.width, result.height], [20, 14]);
});

test("fixed tiles lie inside the axis, and their cores cover it once", () => {
  for (const length of [1, 23, 24, 25, 100, 977])
    for (const radius of [0, 2, 64]) {
      const spans = fixedSpans(length, 24, radius);
      let end = 0;
      for (const span of spans) {
        assert.equal(span.begin, end);
        assert.ok(span.end > span.begin && span.from <= span.begin && span.end <= span.to);
        assert.equal(span.to - span.from, 24);
        assert.ok(length < 24 || (span.from >= 0 && span.to <= length));
        end = span.end;
      }
      assert.equal(end, length);
    }
});

test("a network of a fixed batch restores any number of images", async () => {
  const images = Array.from({ length: 5 }, () => noise(24, 24));
  const task = { name: "sr", scale: 2 };
  const fixed = await new Processor(enlarging([2, 24, 24], 0)).restore(images, task);
  const open = await new Processor(enlarging(["N", "H", "W"], 0)).restore(images, task);
  assert.deepEqual(
    fixed.map(({ data }) => [...data]),
    open.map(({ data }) => [...data]),
  );
});

test("restoring images of another size than the fixed one is refused, with the size", async () => {
  const processor = new Processor(enlarging([1, 24, 24]));
  await assert.rejects(processor.restore([noise(32, 32)], { name: "sr", scale: 2 }), /only images of 24x24 pixels/);
});
