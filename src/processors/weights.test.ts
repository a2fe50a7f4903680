import assert from "node:assert/strict";
import { test } from "node:test";
import { fixturePath, gradientFixtures } from "../../testing/fixtures.js";
import { hasShared } from "../../testing/shared.js";
import { GraphBuilder, int } from "../onnx/builder.js";
import { float32, sizeOf, toNumbers } from "../onnx/tensor.js";
import { readModel } from "../platform/node/models.js";
import { weightsOf } from "./weights.js";

/** The trained tables of a transformer are not weights of a layer. */
const tables = ["cls_token", "pos_embed"];

/** Networks with a list of their trainable parameters in PyTorch. */
const listed = hasShared ? gradientFixtures().nets.filter(({ noise_floor }) => noise_floor.param_grad) : [];

for (const { name, onnx, noise_floor, param_grad_zero = [] } of listed)
  test(`${name}: the weights are PyTorch's parameters`, async () => {
    const graph = await readModel(fixturePath(onnx));
    const parameters = new Set([...Object.keys(noise_floor.param_grad ?? {}), ...param_grad_zero]);
    const { trainable } = weightsOf(graph);
    // One of the exporters adds a bias of zeros to convolutions without a bias.
    const isFiller = (weight: string) => {
      const tensor = graph.initializers.get(weight);
      return /^val_\d+$/.test(weight) && tensor !== undefined && toNumbers(tensor).every((v) => v === 0);
    };
    assert.deepEqual(
      trainable.filter((weight) => !isFiller(weight)).sort(),
      [...parameters].filter((parameter) => !tables.includes(parameter)).sort(),
    );
  });

const filled = (shape: readonly number[], seed: number) =>
  float32(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(seed + i)),
    shape,
  );

/** Divides the initializers of a graph of one image; `weight` adds one with varied values, or filled with one value. */
function sketch(build: (b: GraphBuilder, image: string, weight: Weight) => string) {
  const b = new GraphBuilder("sketch");
  let seed = 0;
  const weight: Weight = (name, shape, value) =>
    b.initializer(
      name,
      value === undefined ? filled(shape, seed++) : float32(new Float32Array(sizeOf(shape)).fill(value), shape),
    );
  b.output("y", build(b, b.input("x", ["N", 3, "H", "W"]), weight));
  return weightsOf(b.build());
}
type Weight = (name: string, shape: readonly number[], value?: number) => string;

test("mean and deviation of the colors, scalars, exponents and scales of Resize are constants", () => {
  const { trainable, constant } = sketch((b, image, weight) => {
    const normal = b.Div(b.Sub(image, weight("mean", [1, 3, 1, 1])), weight("std", [1, 3, 1, 1]));
    const wide = b.Conv(normal, weight("a", [8, 3, 3, 3]));
    const power = b.Mul(b.Pow(b.Add(wide, weight("epsilon", [])), weight("exponent", [1])), weight("residual", [1]));
    const large = b.add("Resize", [power, "", weight("scales", [4])]);
    const last = b.Conv(large, weight("b", [3, 8, 3, 3]), weight("b.bias", [3]));
    return b.Add(b.Mul(last, weight("std.out", [3, 1, 1])), weight("mean.out", [3, 1, 1]));
  });
  assert.deepEqual(trainable, ["a", "b", "b.bias"]);
  assert.deepEqual(constant.get("color normalization"), ["mean", "std", "std.out", "mean.out"]);
  assert.deepEqual(constant.get("constants of Resize"), ["scales"]);
  assert.deepEqual(constant.get("constants of Pow"), ["exponent"]);
});

test("the color shifts of EDSR at input and output, and a blur that all channels share, are constants", () => {
  const { trainable, constant } = sketch((b, image, weight) => {
    const diagonal = (name: string) => b.initializer(name, float32([0.5, 0, 0, 0, 0.6, 0, 0, 0, 0.7], [3, 3, 1, 1]));
    const centered = b.Conv(image, diagonal("sub_mean.weight"), weight("sub_mean.bias", [3]));
    const blurred = b.Conv(b.Conv(centered, weight("a", [8, 3, 3, 3])), weight("blur", [8, 1, 3, 3], 1 / 9), "", {
      group: 8,
    });
    const last = b.Conv(blurred, weight("b", [3, 8, 3, 3]));
    return b.Conv(last, diagonal("add_mean.weight"), weight("add_mean.bias", [3]));
  });
  assert.deepEqual(trainable, ["a", "b"]);
  assert.deepEqual(constant.get("fixed filters"), ["blur"]);
  assert.deepEqual(constant.get("color normalization"), [
    "sub_mean.weight",
    "sub_mean.bias",
    "add_mean.weight",
    "add_mean.bias",
  ]);
});

test("factors and summands for each channel after a layer are weights in any layout, and so is a bias written as Add", () => {
  const { trainable } = sketch((b, image, weight) => {
    const features = b.Conv(image, weight("a", [8, 3, 3, 3]));
    const scaled = b.Mul(b.add("Unsqueeze", [weight("gamma", [8]), b.integers([1, 2])]), features);
    const shifted = b.Add(scaled, weight("beta", [1, 8, 1, 1]));
    const sloped = b.PRelu(shifted, b.Reshape(weight("slope", [8]), [8, 1, 1]));
    const last = b.Conv(sloped, b.Transpose(weight("b", [8, 3, 3, 3]), [1, 0, 2, 3]));
    return b.Add(last, weight("b.bias", [1, 3, 1, 1]));
  });
  assert.deepEqual(trainable, ["a", "gamma", "beta", "slope", "b", "b.bias"]);
});

test("an initializer that is a running statistic anywhere is not a weight, and a shared weight is listed once", () => {
  const { trainable, constant } = sketch((b, image, weight) => {
    const [ones, shift, mean] = [weight("ones", [3], 1), weight("shift", [3]), weight("mean", [3])];
    const normal = b.add("BatchNormalization", [image, ones, shift, mean, ones]);
    const shared = weight("a", [3, 3, 3, 3]);
    return b.Conv(b.Relu(b.Conv(normal, shared)), shared);
  });
  assert.deepEqual(trainable, ["shift", "a"]);
  assert.deepEqual(constant.get("running statistics"), ["ones", "mean"]);
});

test("ones and zeros of an exported normalization are not weights, except if their names are those of weights", () => {
  const { trainable } = sketch((b, image, weight) => {
    const norm = (x: string, scale: string, shift: string) =>
      b.add("InstanceNormalization", [x, weight(scale, [8], 1), weight(shift, [8], 0)]);
    const first = norm(
      b.Conv(image, weight("a", [8, 3, 3, 3])),
      "/norm/Constant_output_0",
      "/norm/Constant_1_output_0",
    );
    return b.Conv(norm(first, "norm.weight", "norm.bias"), weight("b", [3, 8, 3, 3]));
  });
  assert.deepEqual(trainable, ["a", "norm.weight", "norm.bias", "b"]);
});

test("an initializer that is cast to integers is not a weight", () => {
  const { trainable } = sketch((b, image, weight) => {
    const whole = b.add("Cast", [weight("a", [3, 3, 1, 1])], { to: int(7) });
    return b.Conv(image, b.Cast(whole, "float32"));
  });
  assert.deepEqual(trainable, []);
});
