import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.js";
import { float32 } from "./tensor.js";

test("a tensor whose bytes are not those of its shape and type is refused by name", () => {
  const file = Buffer.concat(encodeSafetensors({ tensors: { x: float32([1, 2, 3, 4]) }, metadata: {} }));
  assert.deepEqual(decodeSafetensors(file, "file").tensors.x, float32([1, 2, 3, 4]));
  for (const [from, to] of [
    ["[4]", "[5]"],
    ["[4]", "[0]"],
    ['"F32"', '"F64"'],
  ] as const) {
    const changed = Buffer.from(file.toString("latin1").replace(from, to), "latin1");
    assert.throws(() => decodeSafetensors(changed, "file"), {
      name: "UserError",
      message: /^file is damaged: the tensor "x" of shape \[\d\] has 16 bytes of F(32|64)$/,
    });
  }
});
