import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, type TestContext, test } from "node:test";
import { openDataset } from "../src/data/dataset.js";
import { findTask } from "../src/data/tasks/index.js";
import { specialize } from "../src/onnx/graph.js";
import { float32, sizeOf, type Tensor } from "../src/onnx/tensor.js";
import { readModel, sidecarPath, writeModel } from "../src/platform/node/models.js";
import { cardOf } from "../src/processors/card.js";
import { standardized } from "../src/processors/image-network.js";
import { openProcessor } from "../src/processors/open.js";
import { Session } from "../src/runtime/session.js";
import { legacyRecord } from "../src/training/legacy-run.js";
import { resolveTraining } from "../src/training/resolve.js";
import type { TrainingSettings } from "../src/training/settings.js";
import { type TrainOptions, train } from "../src/training/train.js";
import { exportedSrresnet, tanhFormat } from "../testing/restorers.js";
import { legible } from "../testing/run-command.js";
import { temporaryFolder, writeClassifier, writeLabeledImages } from "../testing/workspace.js";

const workspace = mkdtempSync(join(tmpdir(), "legible-objectives-"));
const [data, one, other, detector, pretrained] = [
  "data",
  "one.onnx",
  "other.onnx",
  "detector.onnx",
  "pretrained.onnx",
].map((name) => join(workspace, name)) as [string, string, string, string, string];
const task = findTask("sr", { scale: 2 });

before(async () => {
  await writeLabeledImages(data, 8, 48);
  await writeClassifier(one, 32);
  await writeClassifier(other, 32, (b, x) => b.Sigmoid(x));
  await writeDetector(detector);
  await writeModel(exportedSrresnet(), pretrained);
  writeFileSync(sidecarPath(pretrained), JSON.stringify(tanhFormat));
});

/** The classifier with two more outputs: "boxes" [N, positions, 8], which are not class scores, and "best", int64. */
async function writeDetector(path: string): Promise<void> {
  await writeClassifier(path, 32, (b, map) => {
    const boxes = b.Reshape(b.Transpose(map, [0, 2, 3, 1]), [-1, 225, 8]);
    b.output("boxes", boxes, ["N", 225, 8]);
    b.output("best", b.add("ArgMax", [boxes]), [1, 225, 8], "int64");
    return map;
  });
}

const base = {
  processor: "compact-s",
  steps: 6,
  batch: 2,
  crop: 32,
  lr: 1e-3,
  seed: 3,
};

interface RunOptions {
  /** Stops after this number of steps. */
  readonly after?: number;
  readonly resume?: boolean;
}

async function trained(
  t: TestContext,
  settings: Partial<TrainOptions>,
  out?: string,
  { after, resume }: RunOptions = {},
) {
  const folder = out ?? join(temporaryFolder(t), "run");
  const stop = new AbortController();
  const losses: Record<string, number>[] = [];
  const result = await train({
    ...base,
    ...settings,
    task,
    dataset: await openDataset([data], { needLabels: true }),
    out: folder,
    resume: resume ?? false,
    threads: 1,
    signal: stop.signal,
    onStep: (progress) => {
      losses.push({ ...progress.losses, psnr: progress.psnr });
      if (losses.length === after) stop.abort();
    },
  });
  return { ...result, folder, losses };
}

const bytesOf = ({ data }: Tensor): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

async function assertSameWeights(path: string, others: string): Promise<void> {
  const [first, second] = [await readModel(path), await readModel(others)];
  assert.deepEqual([...first.initializers.keys()], [...second.initializers.keys()]);
  for (const [name, tensor] of first.initializers)
    assert.ok(bytesOf(tensor).equals(bytesOf(second.initializers.get(name) as Tensor)), name);
}

/** A processor's output for a gray ramp of 12 x 10 pixels. */
async function restoredRamp(path: string): Promise<Tensor> {
  const shape = [1, 3, 10, 12];
  const session = await Session.create(specialize(standardized(await openProcessor(path)), { image: shape }));
  const ramp = Float32Array.from({ length: sizeOf(shape) }, (_, i) => (i % 120) / 120);
  const { restored } = await session.run({ image: float32(ramp, shape) }).finally(() => session.release());
  return restored as Tensor;
}

for (const processor of ["compact-s", "srresnet"])
  test(`with a transformer, ${processor} gets the same weights as in the plain run of the same seed`, async (t) => {
    const plain = await trained(t, { processor });
    const both = await trained(t, { processor, objective: "transformer", lambda: 1e-2, recognizer: one });
    await assertSameWeights(plain.model, both.model);
    const card = cardOf(await readModel(both.model));
    assert.deepEqual(
      [card?.objective, card?.transformer, card?.forRecognizers],
      ["transformer", "compact-s", undefined],
    );
  });

test("for-recognizers.onnx applies P and the trained T, and evaluate accepts it", async (t) => {
  const { model, forRecognizers } = await trained(t, { objective: "transformer", lambda: 1e-2, recognizer: one });
  assert.ok(forRecognizers);
  const [fromP, fromT] = [await restoredRamp(model), await restoredRamp(forRecognizers)];
  assert.deepEqual(fromP.shape, fromT.shape);
  assert.ok(fromP.data.some((value, i) => Math.abs(Number(value) - Number(fromT.data[i])) > 1e-3));
  assert.equal(cardOf(await readModel(forRecognizers))?.forRecognizers, true);
  const result = await legible(
    ["evaluate", "--scale", "2", "--data", data, "--recognizer", one].concat(["--processor", `ta=${forRecognizers}`]),
  );
  assert.equal(result.code, 0, result.err);
  assert.match(result.out, /\| ta /);
});

test("T's initial weights compute the identity, even after a processor with its own image format", async (t) => {
  const slow = { objective: "transformer", processor: pretrained, recognizer: one, lambda: 1e-2, lr: 1e-12, steps: 1 };
  const { model, forRecognizers } = await trained(t, slow);
  const [fromP, fromT] = [await restoredRamp(model), await restoredRamp(forRecognizers ?? "")];
  for (const [i, value] of fromP.data.entries()) assert.ok(Math.abs(Number(value) - Number(fromT.data[i])) < 1e-6);
});

const two = [
  { file: one, weight: 1 },
  { file: other, weight: 0.5 },
];
const kinds: Record<string, Partial<TrainOptions>> = {
  transformer: { objective: "transformer", lambda: 1e-2, recognizer: one, transformerWeight: 0.5 },
  "unsupervised with kl and two recognizers": {
    objective: "unsupervised",
    lambda: 0.1,
    recognizer: two,
    distance: "kl",
  },
  "feature with l1": { objective: "feature", lambda: 0.01, recognizer: one, imageLoss: "l1" },
  "ra with features and warm-up": {
    objective: "ra",
    lambda: 0.01,
    recognizer: two,
    featureWeight: 5,
    lambdaWarmup: 4,
  },
};

for (const [name, config] of Object.entries(kinds))
  test(`${name}: an interrupted and resumed run writes the same bytes as an uninterrupted one`, async (t) => {
    const uninterrupted = await trained(t, config);
    const interrupted = await trained(t, config, undefined, { after: 2 });
    assert.equal(interrupted.step, 2);
    const resumed = await trained(t, config, interrupted.folder, { resume: true });
    for (const key of ["model", "forRecognizers"] as const) {
      const [path, again] = [uninterrupted[key], resumed[key]];
      if (path && again) assert.ok(readFileSync(path).equals(readFileSync(again)), key);
      else assert.equal(path, again);
    }
    assert.equal(uninterrupted.losses.length, 6);
  });

test("during a warm-up of 2 steps, lambda is multiplied by 0, 1/2, 1, 1, …", async (t) => {
  const { losses } = await trained(t, { objective: "ra", lambda: 0.1, recognizer: one, lambdaWarmup: 2 });
  for (const [i, share] of [0, 0.5, 1, 1].entries()) {
    const { loss = 0, image = 0, recognition = 0 } = losses[i] ?? {};
    assert.ok(Math.abs(loss - image - 0.1 * share * recognition) < 1e-6, `step ${i + 1}`);
  }
});

test("the logged PSNR does not depend on the image loss", async (t) => {
  const [mse, l1] = [await trained(t, {}), await trained(t, { imageLoss: "l1" })];
  assert.equal(mse.losses[0]?.psnr, l1.losses[0]?.psnr);
  assert.notEqual(mse.losses[0]?.image, l1.losses[0]?.image);
});

test("a run of version 0.1.0, whose config.json lacks newer keys, can be resumed", async (t) => {
  const config = { objective: "ra", lambda: 0.01, recognizer: one };
  const uninterrupted = await trained(t, config);
  const interrupted = await trained(t, config, undefined, { after: 2 });
  const old = { ...base, ...config, task: task.name, options: task.options, init: null, data: [data], freeze: [] };
  writeFileSync(join(interrupted.folder, "config.json"), JSON.stringify(old));
  const { dataset } = await resolveTraining(legacyRecord(old)?.settings as TrainingSettings);
  assert.equal(dataset.items.length, 8, "the images are opened again, although they have no parts");
  const resumed = await trained(t, config, interrupted.folder, { resume: true });
  assert.ok(readFileSync(uninterrupted.model).equals(readFileSync(resumed.model)));
});

const command = (t: TestContext, ...args: string[]) =>
  legible(
    ["train", "--scale", "2", "--processor", "compact-s", "--steps", "2", "--batch", "2", "--crop", "32"].concat(args, [
      "--out",
      join(temporaryFolder(t), "run"),
    ]),
  );

for (const objective of ["unsupervised", "feature"])
  test(`${objective} does not open labels.csv`, async (t) => {
    const folder = temporaryFolder(t);
    await writeLabeledImages(folder, 4, 48);
    writeFileSync(join(folder, "labels.csv"), "this,is,no\nlist of,classes\n");
    const result = await command(t, "--objective", objective, "--recognizer", one, "--data", folder);
    assert.equal(result.code, 0, result.err);
  });

test("unsupervised with logits-mse accepts the output of a detector", async (t) => {
  const flags = ["--objective", "unsupervised", "--distance", "logits-mse", "--recognizer", detector, "--data", data];
  const result = await command(t, ...flags, "--output", "boxes");
  assert.equal(result.code, 0, result.err);
});

const refusals: [string, readonly string[], RegExp][] = [
  [
    "a softmax of an output that is not class scores",
    ["--objective", "unsupervised", "--recognizer", "DETECTOR", "--output", "boxes"],
    /softmax-mse reads class scores \[N, classes\], but the output of detector is \[1, 225, 8\].*--output.*the distance logits-mse/,
  ],
  [
    "a loss of an int64 output",
    ["--objective", "unsupervised", "--recognizer", "DETECTOR", "--output", "best", "--distance", "logits-mse"],
    /the output of detector is int64; a loss needs float32/,
  ],
  [
    "an unknown feature",
    ["--objective", "feature", "--recognizer", "ONE", "--feature", "Relu"],
    /one\.onnx has no feature "Relu"; the nearest names: Relu_\d/,
  ],
  [
    "features of several recognizers",
    ["--objective", "feature", "--recognizer", "ONE", "--recognizer", "DETECTOR", "--feature", "Relu_2"],
    /--feature names features of one recognizer/,
  ],
  [
    "a distance for an objective without one",
    ["--objective", "ra", "--recognizer", "ONE", "--distance", "kl"],
    /--distance is for the objective unsupervised, not for ra/,
  ],
  [
    "a feature for an objective that reads outputs",
    ["--objective", "unsupervised", "--recognizer", "ONE", "--feature", "Relu_2"],
    /--feature is for the objective feature, or another with --feature-weight above 0, not for unsupervised/,
  ],
  [
    "a feature weight for an objective that reads only features",
    ["--objective", "feature", "--recognizer", "ONE", "--feature-weight", "2"],
    /--feature-weight is for the objectives ra, transformer and unsupervised, not for feature/,
  ],
  [
    "a transformer network that does not support scale 1",
    ["--objective", "transformer", "--recognizer", "ONE", "--transformer", "srdensenet"],
    /"srdensenet" for scale 1: it supports only 2, 4/,
  ],
  ["a weight of 0", ["--objective", "ra", "--recognizer", "one.onnx=0"], /FILE=WEIGHT with a weight above 0/],
  ["no recognizer", ["--objective", "feature"], /the objective feature needs a recognizer/],
];

for (const [name, args, expected] of refusals)
  test(`${name} is refused with a clear message`, async (t) => {
    const files: Record<string, string> = { ONE: one, DETECTOR: detector };
    const { code, err } = await command(t, ...args.map((arg) => files[arg] ?? arg), "--data", data);
    assert.equal(code, 1, err);
    assert.match(err, expected);
    assert.doesNotMatch(err, /\n\s+at |should not happen/);
  });
