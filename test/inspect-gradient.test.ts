import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import sharp from "sharp";
import { GraphBuilder } from "../src/onnx/builder.js";
import { float32, type Tensor } from "../src/onnx/tensor.js";
import { writeModel } from "../src/platform/node/models.js";
import { readSafetensors, writeSafetensors } from "../src/platform/node/safetensors-files.js";
import { fixturePath, gradientFixtures, relativeL2 } from "../testing/fixtures.js";
import { legible } from "../testing/run-command.js";
import { hasShared, skipWithoutShared as skip } from "../testing/shared.js";
import { temporaryFolder, writeClassifier, writeLabeledImages } from "../testing/workspace.js";

const { nets, ops } = hasShared ? gradientFixtures() : { nets: [], ops: [] };

for (const [name, loss] of [
  ["mini_resnet__ts17", "cross-entropy"],
  ["mini_vgg", "cross-entropy"],
  ["mini_srresnet__ts17", "mse"],
])
  test(`legible gradient --all-parameters of ${name} writes PyTorch's gradients`, { skip }, async (t) => {
    const fixture = nets.find((net) => net.name === name);
    assert.ok(fixture && loss);
    const [model, inputs, out] = [fixturePath(fixture.onnx), fixturePath(fixture.tensors), outputOf(t)];
    const flags = ["--inputs", inputs, "--loss", loss, "--all-parameters", "-o", out];
    const result = await legible(["gradient", model, ...flags]);
    assert.equal(result.code, 0, result.err);
    const [{ tensors: got }, { tensors: reference }] = [await readSafetensors(out), await readSafetensors(inputs)];
    const near = (value: string, expected: string, floor: number) => {
      const error = relativeL2(got[value] as Tensor, reference[expected] as Tensor);
      assert.ok(error <= Math.max(1e-4, 20 * floor), `${value}: relative error ${error}`);
    };
    assert.deepEqual(got.loss?.shape, [1]);
    near("loss", "loss", fixture.noise_floor.loss);
    near("grad.input", "grad_input", fixture.noise_floor.grad_input);
    const parameters = Object.entries(fixture.noise_floor.param_grad ?? {});
    assert.ok(parameters.length > 0);
    for (const [parameter, floor] of parameters)
      if (!fixture.param_grad_zero?.includes(parameter)) near(`grad.${parameter}`, `param_grad.${parameter}`, floor);
    for (const tensor of Object.keys(got)) assert.doesNotMatch(tensor, /running_(mean|var)/);
  });

for (const name of ["gemm_weights_initializer", "split_uneven"])
  test(`legible gradient --loss weighted-sum of ${name} writes PyTorch's gradients`, { skip }, async (t) => {
    const fixture = ops.find((op) => op.name === name);
    assert.ok(fixture);
    const [folder, out] = [temporaryFolder(t), outputOf(t)];
    const { tensors: reference } = await readSafetensors(fixturePath(fixture.tensors));
    const named = Object.entries(reference).map(([key, tensor]) => [key.replace(/^input\./, ""), tensor]);
    await writeSafetensors(join(folder, "in.safetensors"), { tensors: Object.fromEntries(named), metadata: {} });
    const flags = ["--inputs", join(folder, "in.safetensors"), "--loss", "weighted-sum", "-o", out];
    const wrt = fixture.wrt.map((value) => value.name);
    const result = await legible(["gradient", fixturePath(fixture.onnx), ...flags, "--wrt", wrt.join(), "--json"]);
    assert.equal(result.code, 0, result.err);
    assert.deepEqual(
      JSON.parse(result.out).gradients.map((gradient: { name: string }) => gradient.name),
      wrt,
    );
    const { tensors: got } = await readSafetensors(out);
    for (const value of wrt) {
      const error = relativeL2(got[`grad.${value}`] as Tensor, reference[`grad.${value}`] as Tensor);
      assert.ok(error <= Math.max(1e-4, 20 * (fixture.noise_floor[value] ?? 0)), `${value}: relative error ${error}`);
    }
  });

const outputOf = (t: TestContext) => join(temporaryFolder(t), "out.safetensors");

test("legible inspect exits with 0 even if gradients are blocked, and prints the same facts as JSON", async (t) => {
  const path = join(temporaryFolder(t), "odd.onnx");
  await writeClassifier(path, 32, (b, x) =>
    b.Mul(x, b.Reshape(b.add("Det", [b.Slice(x, [2, 3], [0, 0], [2, 2])]), [-1, 8, 1, 1])),
  );
  const [table, json] = [await legible(["inspect", path]), await legible(["inspect", path, "--json"])];
  assert.deepEqual([table.code, json.code, table.err, json.err], [0, 0, "", ""]);
  const { operators } = JSON.parse(json.out);
  assert.ok(operators.length > 5);
  for (const { op, count, missing } of operators) {
    assert.match(table.out, new RegExp(`^ +[✓✗·]? +${op} +${count}$`, "m"));
    for (const { reason } of missing) assert.ok(table.out.includes(reason));
  }
});

test("legible inspect refuses a file that is not a model with one line and exit code 1", async (t) => {
  const path = join(temporaryFolder(t), "text.onnx");
  writeFileSync(path, "not a model");
  const { code, err, out } = await legible(["inspect", path]);
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, /^legible: .*text\.onnx is not.*\n$/);
});

test("legible gradient writes no file when a label is out of range", async (t) => {
  const folder = temporaryFolder(t);
  const [model, inputs, out] = ["classifier.onnx", "in.safetensors", "out.safetensors"].map((name) =>
    join(folder, name),
  );
  assert.ok(model && inputs && out);
  await writeClassifier(model, 8);
  const labels: Tensor = { type: "int64", shape: [1], data: BigInt64Array.of(2n) };
  const input = float32(new Float32Array(3 * 64), [1, 3, 8, 8]);
  await writeSafetensors(inputs, { tensors: { input, labels }, metadata: {} });
  const { code, err } = await legible(["gradient", model, "--inputs", inputs, "--loss", "cross-entropy", "-o", out]);
  assert.equal(code, 1);
  assert.match(err, /the label 2 is out of range: "logits" has 2 classes, 0 to 1\n$/);
  assert.ok(!existsSync(out));
});

/** Class 0 scores the mean red of pixels (8, 4) to (15, 11) of 32 x 32 pixels; class 1 scores 0. */
async function writeSpotRecognizer(path: string): Promise<void> {
  const b = new GraphBuilder("spot");
  const spot = b.Slice(b.input("image", ["N", 3, 32, 32]), [1, 2, 3], [0, 4, 8], [1, 12, 16]);
  const mean = b.Flatten(b.ReduceMean(spot, [1, 2, 3]));
  b.output("logits", b.Concat([mean, b.Mul(mean, b.zero)], 1), ["N", 2]);
  await writeModel(b.build(), path);
  writeFileSync(path.replace(/onnx$/, "json"), JSON.stringify({ input: { size: 32 } }));
}

test("a heat map is brightest in the pixels that the recognizer uses, and the gradient is zero elsewhere", async (t) => {
  const folder = temporaryFolder(t);
  const at = (name: string) => join(folder, name);
  await writeSpotRecognizer(at("spot.onnx"));
  await writeLabeledImages(folder, 1, 32);
  const flags = ["--image", at("0.png"), "--heatmap", at("map.png"), "-o", at("out.safetensors"), "--json"];
  const { code, out, err } = await legible(["gradient", at("spot.onnx"), ...flags]);
  assert.equal(code, 0, err);
  const summary = JSON.parse(out);
  assert.deepEqual([summary.label, summary.top.label], [0, 0]);
  const { data, info } = await sharp(at("map.png")).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [448, 448]);
  const zoom = 448 / 32;
  const brightness = (x: number, y: number) => {
    const begin = (y * zoom * 448 + x * zoom) * 3;
    return data.subarray(begin, begin + 3).reduce((sum, value) => sum + value, 0);
  };
  const outside = [brightness(4, 8), brightness(24, 8), brightness(12, 20), brightness(28, 28)];
  for (const value of outside) assert.ok(brightness(12, 8) > value + 100, `${brightness(12, 8)} against ${outside}`);
  const gradient = (await readSafetensors(at("out.safetensors"))).tensors["grad.image"];
  assert.deepEqual(gradient?.shape, [1, 3, 32, 32]);
  const nonzero = Array.from(gradient?.data ?? [], Number).flatMap((value, i) => (value === 0 ? [] : [i]));
  assert.equal(nonzero.length, 64);
  for (const i of nonzero) assert.ok(i < 1024 && i % 32 >= 8 && i % 32 < 16 && i >= 4 * 32 && i < 12 * 32, `${i}`);
});

for (const [name, flags, expected] of [
  ["without arguments", [], /gradient needs --inputs, --loss and --out, or --image and --heatmap/],
  ["with an image but no output", ["--image", "0.png"], /--image needs --heatmap, --out, or both/],
  ["with a loss for an image", ["--image", "0.png", "--loss", "mse"], /--image and --loss exclude each other/],
  ["with a label for tensors", ["--inputs", "x", "--loss", "mse", "-o", "y", "--label", "1"], /--label needs --image/],
  ["with a class below 0", ["--image", "0.png", "--heatmap", "a.png", "--label", "-1"], /whole number of 0 or more/],
] as const)
  test(`legible gradient ${name} is refused with the required options`, async () => {
    const { code, err } = await legible(["gradient", "model.onnx", ...flags]);
    assert.equal(code, 1);
    assert.match(err, expected);
  });

test("legible gradient refuses a class that the recognizer does not have, and a processor", async (t) => {
  const folder = temporaryFolder(t);
  const at = (name: string) => join(folder, name);
  await writeSpotRecognizer(at("spot.onnx"));
  await writeLabeledImages(folder, 1, 32);
  const gradientOf = (model: string) =>
    legible(["gradient", model, "--image", at("0.png"), "--heatmap", at("map.png"), "--label", "2"]);
  assert.match((await gradientOf(at("spot.onnx"))).err, /spot has no class 2, only 0 to 1\n$/);
  const b = new GraphBuilder("same");
  b.output("y", b.Relu(b.input("x", ["N", 3, "H", "W"])), ["N", 3, "H", "W"]);
  await writeModel(b.build(), at("same.onnx"));
  assert.match((await gradientOf(at("same.onnx"))).err, /same\.onnx is not a recognizer: its first output is/);
  assert.ok(!existsSync(at("map.png")));
});
