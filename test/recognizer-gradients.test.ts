import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { lossGradients } from "../src/inspection/gradient.js";
import { GraphBuilder, int } from "../src/onnx/builder.js";
import { typeCodes } from "../src/onnx/schema.js";
import { float32, int64, type Tensor } from "../src/onnx/tensor.js";
import { writeModel } from "../src/platform/node/models.js";
import { randomAt } from "../src/random.js";
import { fitRecognizer } from "../src/recognition/fit.js";
import { type RecognizerSettings, readRecognizer } from "../src/recognition/recognizer.js";
import { relativeL2 } from "../testing/fixtures.js";
import { sharedPath, skipWithoutShared as skip } from "../testing/shared.js";
import { writeTypedInput } from "../testing/typed-inputs.js";
import { temporaryFolder } from "../testing/workspace.js";

const SIDE = 4;
type Build = (b: GraphBuilder, x: string) => string;

/** d cross-entropy / d image of a recognizer for images, each at its own level of 0 to 255. */
async function imageGradient(path: string, settings: RecognizerSettings, side: number): Promise<Tensor> {
  const draw = randomAt(5);
  const pixels = Float32Array.from({ length: 2 * 3 * side * side }, () => draw.integer(256) / 255);
  const { graph } = await fitRecognizer(await readRecognizer(path, settings), 2, side);
  const tensors = { image: float32(pixels, [2, 3, side, side]), labels: int64([1, 2]) };
  return (await lossGradients(graph, tensors, { loss: "cross-entropy" })).gradients.image as Tensor;
}

/** Four classes from the mean color of an image in [0, 1]. */
const head: Build = (b, x) => {
  const weight = Float32Array.from({ length: 12 }, (_, i) => 3 * Math.sin(2 * i));
  return b.MatMul(b.Flatten(b.GlobalAveragePool(x)), b.constant(float32(weight, [3, 4])));
};

for (const layout of ["NCHW", "NHWC"] as const)
  test(`a uint8 input in ${layout} passes the gradient of the same network with a float input`, async (t) => {
    const shape = layout === "NCHW" ? ["N", 3, SIDE, SIDE] : ["N", SIDE, SIDE, 3];
    const planes: Build = (b, x) => (layout === "NCHW" ? x : b.Transpose(x, [0, 3, 1, 2]));
    const whole = await writeTypedInput(t, shape, "uint8", (b, x) => head(b, b.Mul(planes(b, x), b.scalar(1 / 255))));
    const plain = await writeTypedInput(t, shape, "float32", (b, x) => head(b, planes(b, x)));
    const expected = await imageGradient(plain, { range: 1 }, SIDE);
    assert.ok(relativeL2(await imageGradient(whole, {}, SIDE), expected) < 1e-5);
  });

test("a network in float64 from input to output passes the gradient of the same network in float32", async (t) => {
  const build = (type: "float32" | "float64") => {
    const b = new GraphBuilder(type);
    const inType = (value: string) =>
      type === "float32" ? value : b.add("Cast", [value], { to: int(typeCodes[type]) });
    const weight = b.constant(
      float32(
        Float32Array.from({ length: 12 }, (_, i) => 3 * Math.sin(2 * i)),
        [3, 4],
      ),
    );
    const mean = b.ReduceMean(
      b.Relu(b.Sub(b.input("x", ["N", 3, SIDE, SIDE], type), inType(b.scalar(0.5)))),
      [2, 3],
      false,
    );
    b.output("y", b.MatMul(mean, inType(weight)), ["N", 4], type);
    return b.build();
  };
  const gradient = async (type: "float32" | "float64") => {
    const path = join(temporaryFolder(t), `${type}.onnx`);
    await writeModel(build(type), path);
    return imageGradient(path, { range: 1 }, SIDE);
  };
  assert.ok(relativeL2(await gradient("float64"), await gradient("float32")) < 1e-5);
});

for (const [name, settings] of [
  ["u8", {}],
  ["castinside", { range: 1 }],
  ["floorinside", { range: 1 }],
  ["prob_manual", { range: 1 }],
  ["bg5", { range: 1, classOffset: 1 }],
] as const)
  test(`the fault model ${name} has the gradient of the model base`, { skip }, async () => {
    const file = (model: string) => sharedPath("reference", "faults", "models", `${model}.onnx`);
    const expected = await imageGradient(file("base"), { range: 1 }, 32);
    const error = relativeL2(await imageGradient(file(name), settings, 32), expected);
    // Pixels are whole levels, but 255·(k / 255) may be just below k, where Floor loses a level: scores change by up to 1/255.
    assert.ok(error < (name.endsWith("inside") ? 0.02 : 1e-5), `${error}`);
  });
