import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../runtime/session.js";
import { GraphBuilder } from "./builder.js";
import { decodeModel } from "./decode.js";
import { encodeModel } from "./encode.js";
import { float32, int64, toNumbers } from "./tensor.js";

/** Behind a constant of that name there is a MatMul of three axes with an Add, for which ONNX Runtime adds its own. */
function model(name: string) {
  const b = new GraphBuilder("model");
  const x = b.add("Reshape", [b.input("x", [2, 3, 2]), b.initializer(name, int64([2, 3, 2]))]);
  b.output(
    "y",
    b.Add(b.MatMul(x, b.initializer("w", float32([1, 2, 3, 4], [2, 2]))), b.initializer("bias", float32([5, 6]))),
  );
  return encodeModel(b.build());
}

for (const name of ["gemm_input_shape", "gemm_output_shape"])
  test(`a file with a constant named ${name}, as ONNX Runtime names its own, loads when it is optimized again`, async () => {
    const session = await Session.create(decodeModel(model(name)));
    const { y } = await session.run({ x: float32([1, 0, 0, 1, 1, 1, 0, 0, 2, 0, 0, 2], [2, 3, 2]) });
    assert.deepEqual(y && toNumbers(y), [6, 8, 8, 10, 9, 12, 5, 6, 7, 10, 11, 14]);
  });
