import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "../onnx/builder.js";
import { float32 } from "../onnx/tensor.js";
import { withBorder } from "../processors/border.js";
import { Processor } from "../processors/processor.js";
import { tileFor } from "./tile-size.js";

/** Two convolutions, with `channels` feature maps between them and a Relu. With kernels of 3x3 its receptive radius is 2. */
function twoLayers(channels: number, side: 1 | 3 = 3): Processor {
  const b = new GraphBuilder("two-layers");
  const weight = (outputs: number, inputs: number) => {
    const shape = [outputs, inputs, side, side];
    return b.initializer(`${outputs}`, float32(new Float32Array(outputs * inputs * side ** 2).fill(0.01), shape));
  };
  const pads = { pads: Array.from({ length: 4 }, () => (side - 1) / 2) };
  const hidden = b.Relu(b.Conv(b.input("image", ["n", 3, "h", "w"]), weight(channels, 3), "", pads));
  b.output("result", b.Conv(hidden, weight(3, channels), "", pads));
  return new Processor(b.build());
}

const wide = twoLayers(100);

test("the feature maps of a network are those that are alive at once: before and after the Relu", async () => {
  assert.equal(await wide.featureBytes(), 4 * 2 * 100);
});

test("pixels that a network adds around its input do not count", async () => {
  const framed = withBorder(wide, 24, 1);
  assert.equal(await new Processor(framed).featureBytes(), 4 * 2 * 100);
});

test("a tile with its margins has 128 MiB of feature maps, within 128 and 1024 pixels", async () => {
  for (const [processor, expected] of [
    [wide, Math.floor(Math.sqrt(2 ** 27 / 800)) - 2 * 2],
    [twoLayers(10, 1), 1024],
    [twoLayers(1500, 1), 128],
  ] as const)
    assert.equal(await tileFor(processor, { width: 8000, height: 8000 }), expected);
});

test("an image whose feature maps fit is one tile, however long it is", async () => {
  assert.equal(await tileFor(wide, { width: 2000, height: 80 }), 2000);
});
