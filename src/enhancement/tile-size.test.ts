import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "../onnx/builder.js";
import { float32 } from "../onnx/tensor.js";
import { Processor } from "../processors/processor.js";
import { tileFor } from "./tile-size.js";

/** Two 3x3 convolutions, with `channels` feature maps between them and a Relu. Its receptive radius is 2. */
function twoLayers(channels: number): Processor {
  const b = new GraphBuilder("two-layers");
  const weight = (outputs: number, inputs: number) =>
    b.initializer(`${outputs}`, float32(new Float32Array(outputs * inputs * 9).fill(0.01), [outputs, inputs, 3, 3]));
  const pads = { pads: [1, 1, 1, 1] };
  const hidden = b.Relu(b.Conv(b.input("image", ["n", 3, "h", "w"]), weight(channels, 3), "", pads));
  b.output("result", b.Conv(hidden, weight(3, channels), "", pads));
  return new Processor(b.build());
}

test("the feature maps of a network are those that are alive at once: before and after the Relu", async () => {
  for (const channels of [10, 100]) assert.equal(await twoLayers(channels).featureBytes(), 4 * 2 * channels);
});

test("a tile with its margins has 128 MiB of feature maps, within 128 and 1024 pixels", async () => {
  for (const [channels, expected] of [
    [10, 1024],
    [100, Math.floor(Math.sqrt(2 ** 27 / 800)) - 2 * 2],
    [3000, 128],
  ] as const)
    assert.equal(await tileFor(twoLayers(channels), { width: 8000, height: 8000 }), expected);
});

test("an image whose feature maps fit is one tile, however long it is", async () => {
  assert.equal(await tileFor(twoLayers(100), { width: 2000, height: 80 }), 2000);
});
