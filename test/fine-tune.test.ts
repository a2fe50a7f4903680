import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { withMirroredMargins } from "../src/images/mirror.js";
import { GraphBuilder } from "../src/onnx/builder.js";
import type { Graph } from "../src/onnx/graph.js";
import { float32, sizeOf, type Tensor } from "../src/onnx/tensor.js";
import { decodeImage } from "../src/platform/node/codec.js";
import { readModel, sidecarPath, writeModel } from "../src/platform/node/models.js";
import { cardOf } from "../src/processors/card.js";
import { openProcessor } from "../src/processors/open.js";
import { Session } from "../src/runtime/session.js";
import { train } from "../src/training/train.js";
import { exportedSrresnet, tanhFormat } from "../testing/restorers.js";
import { legible } from "../testing/run-command.js";
import { type CommandResult, temporaryFolder, writeClassifier, writeLabeledImages } from "../testing/workspace.js";

const workspace = mkdtempSync(join(tmpdir(), "legible-fine-tune-"));
const [data, recognizer, pretrained] = ["data", "r.onnx", "their.onnx"].map((name) => join(workspace, name)) as [
  string,
  string,
  string,
];
const run = join(workspace, "run");
const frozen = /^(head\..*|tail\.bias)$/;
let trained: CommandResult;

const STEPS = 30;
const settings = ["--scale", "2", "--steps", String(STEPS), "--batch", "2", "--crop", "32", "--lr", "4e-3"];
const command = (processor: string, out: string, ...more: string[]) =>
  ["train", "--processor", processor, "--data", data, "--out", out].concat(settings, more);
const ra = ["--objective", "ra", "--recognizer", recognizer, "--freeze", "head.*", "--freeze", "tail.bias"];

async function writeRestorer(path: string, graph: Graph): Promise<string> {
  await writeModel(graph, path);
  writeFileSync(sidecarPath(path), JSON.stringify(tanhFormat));
  return path;
}

before(async () => {
  await writeLabeledImages(data, 8, 48);
  await writeClassifier(recognizer, 32);
  await writeRestorer(pretrained, exportedSrresnet());
  trained = await legible(command(pretrained, run, ...ra));
  assert.equal(trained.code, 0, trained.err);
});

const model = (folder: string) => join(folder, "model.onnx");
const bytes = (tensor: Tensor | undefined): Buffer => {
  const { buffer, byteOffset, byteLength } = (tensor as Tensor).data;
  return Buffer.from(buffer, byteOffset, byteLength);
};
const log = (folder: string): Record<string, number>[] =>
  readFileSync(join(folder, "log.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("fine-tuning an exported SRResNet with the recognizer's loss lowers the loss", () => {
  const lines = log(run);
  const [first, last] = [lines[0], lines.at(-1)];
  assert.ok(Number(last?.loss) < 0.8 * Number(first?.loss), `${first?.loss} -> ${last?.loss}`);
  assert.ok(Number(last?.recognition) > 0, "the log has no recognition loss");
});

test("the header of the training lists the numbers of trained and frozen weights and the constants", async () => {
  const { initializers } = await readModel(pretrained);
  const count = (names: RegExp) =>
    [...initializers].reduce((sum, [name, { shape }]) => sum + (names.test(name) ? sizeOf(shape) : 0), 0);
  const [weightCount, frozenCount] = [count(/\.(weight|bias)$/), count(frozen)];
  assert.ok(trained.err.includes(`${(weightCount - frozenCount).toLocaleString("en")} weights to train`), trained.err);
  assert.ok(
    trained.err.includes(`frozen       ${frozenCount.toLocaleString("en")} weights (head.*, tail.bias)`),
    trained.err,
  );
  assert.match(trained.err, /constant +running statistics \(block\.0\.bn1\.running_mean, .* and 6 more\)/);
});

test("the fine-tuned model differs from the original only in the values of the trained weights", async () => {
  const [before, after] = [await readModel(pretrained), await readModel(model(run))];
  assert.deepEqual([after.inputs, after.outputs], [before.inputs, before.outputs]);
  assert.deepEqual(after.nodes, before.nodes);
  assert.deepEqual([...after.initializers.keys()].sort(), [...before.initializers.keys()].sort());
  for (const [name, tensor] of before.initializers) {
    const isTrained = /\.(weight|bias)$/.test(name) && !frozen.test(name);
    assert.equal(bytes(tensor).equals(bytes(after.initializers.get(name))), !isTrained, name);
  }
  assert.deepEqual(cardOf(after)?.freeze, ["head.*", "tail.bias"]);
  assert.deepEqual(readFileSync(join(run, "model.json"), "utf8"), readFileSync(sidecarPath(pretrained), "utf8"));
});

test("ONNX Runtime runs the fine-tuned model at other image sizes", async () => {
  const session = await Session.create(model(run));
  const { hr } = await session.run({ lr: float32(new Float32Array(3 * 11 * 23).fill(0.5), [1, 3, 11, 23]) });
  assert.deepEqual(hr?.shape, [1, 3, 22, 46]);
});

test("evaluate measures a higher PSNR for the fine-tuned model than for the original, both with sidecars", async () => {
  const json = join(workspace, "results.json");
  const processors = ["--processor", `before=${pretrained}`, "--processor", `after=${model(run)}`];
  const result = await legible(["evaluate", "--scale", "2", "--data", data, ...processors, "--json", json]);
  assert.equal(result.code, 0, result.err);
  const rows: { processor: string; psnr: number }[] = JSON.parse(readFileSync(json, "utf8")).rows;
  const psnr = (name: string) => rows.find(({ processor }) => processor === name)?.psnr ?? Number.NaN;
  assert.ok(psnr("after") > psnr("before") + 1, JSON.stringify(rows));
});

test("enhance applies the fine-tuned model with the image format of its sidecar", async () => {
  const [source, out] = [join(data, "0.png"), join(workspace, "large.png")];
  const result = await legible(["enhance", source, "--model", model(run), "-o", out]);
  assert.equal(result.code, 0, result.err);
  const [small, large] = [await decodeImage(source), await decodeImage(out)];
  const border = await (await openProcessor(model(run))).border();
  const bordered = withMirroredMargins(small, { left: border, top: border, right: border, bottom: border });
  const { width, height } = bordered;
  const area = width * height;
  const planes = Float32Array.from(
    { length: 3 * area },
    (_, i) => Number(bordered.data[(i % area) * 3 + Math.floor(i / area)]) / 255,
  );
  const session = await Session.create(model(run));
  const { hr } = await session.run({ lr: float32(planes, [1, 3, height, width]) });
  for (const [i, value] of large.data.entries()) {
    const [x, y] = [Math.floor(i / 3) % large.width, Math.floor(i / 3 / large.width)];
    const at = (i % 3) * 4 * area + (y + 2 * border) * 2 * width + x + 2 * border;
    const expected = (Number(hr?.data[at]) * 0.5 + 0.5) * 255;
    assert.ok(Math.abs(Math.min(Math.max(expected, 0), 255) - value) < 0.51, `element ${i}: ${expected}, not ${value}`);
  }
});

test("an interrupted and resumed fine-tuning writes the same bytes as an uninterrupted one", async () => {
  const out = join(workspace, "interrupted");
  const stop = new AbortController();
  const { step } = await train({
    ...JSON.parse(readFileSync(join(run, "config.json"), "utf8")).settings,
    out,
    signal: stop.signal,
    onStep: (progress) => progress.step === 11 && stop.abort(),
  });
  assert.equal(step, 11);
  const resumed = await legible([...command(pretrained, out, ...ra), "--resume"]);
  assert.equal(resumed.code, 0, resumed.err);
  assert.match(resumed.err, /11 of 30 done/);
  assert.ok(readFileSync(model(out)).equals(readFileSync(model(run))), "the two models differ");
});

test("a run folder without `freeze` in its config resumes, but not with new patterns", async (t) => {
  const out = join(temporaryFolder(t), "run");
  const short = ["--steps", "2"];
  assert.equal((await legible(command(pretrained, out, ...short))).code, 0);
  const { settings, config } = JSON.parse(readFileSync(join(out, "config.json"), "utf8"));
  assert.deepEqual(config.freeze, []);
  const { task, options, objective, lambda, lrDrops } = config;
  const { freeze: _, ...old } = {
    ...settings,
    task,
    options,
    objective,
    lambda,
    lrDrops,
    recognizer: null,
    init: null,
  };
  const known = { ...old, lr: config.lr, seed: config.seed, batch: config.batch, crop: config.crop };
  writeFileSync(join(out, "config.json"), JSON.stringify(known));
  const same = await legible(command(pretrained, out, ...short, "--resume"));
  assert.equal(same.code, 0, same.err);
  const other = await legible(command(pretrained, out, ...short, "--resume", "--freeze", "head.*"));
  assert.match(other.err, /cannot resume .*: it was started with --freeze \[\], not \["head\.\*"\]/);
});

/** A Reshape of the SRResNet's features with constant sizes. */
const reshapeTo = (batch: number, side: number) => (b: GraphBuilder, x: string) =>
  b.Reshape(b.Reshape(x, [batch, 8, -1]), [batch, 8, 2 * side, 2 * side]);

const refused: [string, () => Graph, string[], RegExp][] = [
  [
    "an operator without a gradient",
    () =>
      exportedSrresnet({
        extra: (b, x) => b.Mul(x, b.Reshape(b.add("Det", [b.Slice(x, [2, 3], [0, 0], [2, 2])]), [-1, 8, 1, 1])),
      }),
    [],
    /cannot differentiate the training step of .*\.onnx: the operator Det \(node "P\/Det_\d+", reached from the loss through .*\) has no gradient/,
  ],
  [
    "a pattern that matches nothing",
    exportedSrresnet,
    ["--freeze", "neck.*"],
    /cannot train .*: .*freeze.? "neck\.\*" matches no initializer; its weights: head\.0\.weight, /,
  ],
  ["freezing every weight", exportedSrresnet, ["--freeze", "*"], /cannot train .*: .*freeze.? matches every weight/],
  [
    "another scale",
    exportedSrresnet,
    ["--scale", "4"],
    /cannot use .*\.onnx for the task sr at scale 4: its scale is 2/,
  ],
  [
    "a crop that is not a multiple of the scale",
    exportedSrresnet,
    ["--crop", "33"],
    /crops of 33 pixels: --crop must be a multiple of the scale 2/,
  ],
  [
    "a crop that differs from the declared size",
    () => exportedSrresnet({ sizes: ["batch", 12, 12] }),
    [],
    /batch.? 2 and .{0,3}crop.? 32: it does not accept 2 images of 16x16 pixels; use .{0,3}batch.? 2 and .{0,3}crop.? 24/,
  ],
  [
    "a declared size that is not square",
    () => exportedSrresnet({ sizes: [1, 12, 20] }),
    [],
    /it accepts only images of 20x12 pixels, but training crops are square/,
  ],
  [
    "two inputs",
    () => {
      const b = GraphBuilder.from(exportedSrresnet());
      b.input("sigma", ["batch", 1, "height", "width"]);
      return { ...b.build(), opsets: { "": 17 } };
    },
    [],
    /as a processor: .*one image input and one image output.*; its inputs are lr, sigma, its outputs hr/,
  ],
];

for (const [name, graph, flags, expected] of refused)
  test(`${name} is refused with a clear message before training starts`, async (t) => {
    const folder = temporaryFolder(t);
    const path = await writeRestorer(join(folder, "odd.onnx"), graph());
    const { code, err } = await legible(command(path, join(folder, "run"), ...flags));
    assert.equal(code, 1, err);
    assert.match(err, expected);
    // ONNX Runtime can log why a trial run failed; the message is the last line.
    assert.match(err.trim().split("\n").at(-1) ?? "", /^legible: /);
    assert.doesNotMatch(err, /\n\s+at |should not happen|weights to train/);
  });

test("a batch that differs from a constant in the graph is divided into groups, with the losses of a dynamic batch", async (t) => {
  const folder = temporaryFolder(t);
  const lossesOf = async (name: string, graph: Graph) => {
    const path = await writeRestorer(join(folder, `${name}.onnx`), graph);
    const { code, err } = await legible(command(path, join(folder, name), "--steps", "2"));
    assert.equal(code, 0, err);
    const lines = readFileSync(join(folder, name, "log.jsonl"), "utf8")
      .trim()
      .split("\n");
    return { err, losses: lines.map((line) => Number(JSON.parse(line).loss)) };
  };
  const constant = exportedSrresnet({ sizes: [1, "height", "width"], extra: reshapeTo(1, 16) });
  const [grouped, dynamic] = [await lossesOf("constant", constant), await lossesOf("dynamic", exportedSrresnet())];
  assert.match(grouped.err, /constant\.onnx: it runs in groups of 1/);
  for (const [i, loss] of grouped.losses.entries()) assert.ok(Math.abs(loss - (dynamic.losses[i] ?? 0)) < 1e-6);
});

test("a file that declares batch 1 is trained and evaluated with larger batches if its graph allows it", async (t) => {
  const out = join(temporaryFolder(t), "run");
  const path = await writeRestorer(join(workspace, "single.onnx"), exportedSrresnet({ sizes: [1, 16, 16] }));
  const result = await legible(command(path, out, "--steps", "3"));
  assert.equal(result.code, 0, result.err);
  assert.deepEqual((await readModel(model(out))).inputs[0]?.shape, [1, 3, 16, 16]);
  // A graph that only accepts batch 1 is run image by image.
  const batch1 = exportedSrresnet({ sizes: [1, "height", "width"], extra: (b, x) => b.Reshape(x, [1, -1, 0, 0]) });
  const single = await writeRestorer(join(workspace, "batch1.onnx"), batch1);
  const processors = ["--processor", `dynamic=${model(out)}`, "--processor", `batch1=${single}`];
  const evaluated = await legible(["evaluate", "--scale", "2", "--data", data, ...processors]);
  assert.equal(evaluated.code, 0, evaluated.err);
});
