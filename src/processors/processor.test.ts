import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "../onnx/builder.js";
import { float32 } from "../onnx/tensor.js";
import { Processor } from "./processor.js";

test("a result with a value that is not a number is refused", async () => {
  const b = new GraphBuilder("square-root");
  b.output("result", b.Sqrt(b.input("image", ["n", 3, "h", "w"])));
  const processor = new Processor(b.build());
  const run = (value: number) => processor.run(float32(new Float32Array(12).fill(value, 5, 6), [1, 3, 2, 2]));
  assert.equal((await run(4)).data[5], 2);
  await assert.rejects(run(-1), /square-root gives values that are not numbers \(NaN\)/);
  await processor.release();
});
