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
import type { TrainingConfig } from "../src/training/run-folder.js";
import { train } from "../src/training/train.js";
import { exportedSrresnet, tanhFormat } from "../testing/restorers.js";
import { drawPictures, legible, temporaryFolder, writeClassifier } from "../testing/workspace.js";

const ground = mkdtempSync(join(tmpdir(), "legible-objectives-"));
const [data, one, other, detector, theirs] = ["data", "one.onnx", "other.onnx", "detector.onnx", "their.onnx"].map(
  (name) => join(ground, name),
) as [string, string, string, string, string];
const task = findTask("sr", { scale: 2 });

before(async () => {
  await drawPictures(data, 8, 48);
  await writeClassifier(one, 32);
  await writeClassifier(other, 32, (b, x) => b.Sigmoid(x));
  await writeDetector(detector);
  await writeModel(exportedSrresnet(), theirs);
  writeFileSync(sidecarPath(theirs), JSON.stringify(tanhFormat));
});

/** The classifier with two more outputs: "boxes" [N, places, 8], which no softmax can be taken of, and "best" of int64. */
async function writeDetector(path: string): Promise<void> {
  await writeClassifier(path, 32, (b, map) => {
    const boxes = b.Reshape(b.Transpose(map, [0, 2, 3, 1]), [-1, 225, 8]);
    b.output("boxes", boxes, ["N", 225, 8]);
    b.output("best", b.add("ArgMax", [boxes]), [1, 225, 8], "int64");
    return map;
  });
}

const base: TrainingConfig = {
  task: task.name,
  options: task.options,
  objective: "plain",
  lambda: 0,
  recognizer: null,
  processor: "compact-s",
  init: null,
  data: [data],
  steps: 6,
  batch: 2,
  crop: 32,
  lr: 1e-3,
  seed: 3,
};

interface Sitting {
  /** Stops after so many steps of this sitting. */
  readonly after?: number;
  readonly resume?: boolean;
}

async function trained(t: TestContext, config: Partial<TrainingConfig>, out?: string, { after, resume }: Sitting = {}) {
  const folder = out ?? join(temporaryFolder(t), "run");
  const stop = new AbortController();
  const losses: Record<string, number>[] = [];
  const result = await train({
    config: { ...base, ...config },
    task,
    dataset: await openDataset([data], { needLabels: true }),
    out: folder,
    resume: resume ?? false,
    threads: 2,
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

/** What a processor makes of a gray ramp of 12 x 10 pixels. */
async function restoredRamp(path: string): Promise<Tensor> {
  const shape = [1, 3, 10, 12];
  const session = await Session.create(specialize(standardized(await openProcessor(path)), { image: shape }));
  const ramp = Float32Array.from({ length: sizeOf(shape) }, (_, i) => (i % 120) / 120);
  const { restored } = await session.run({ image: float32(ramp, shape) }).finally(() => session.release());
  return restored as Tensor;
}

for (const processor of ["compact-s", "srresnet"])
  test(`with a transformer ${processor} ends with the bytes of the plain run of the same seed`, async (t) => {
    const plain = await trained(t, { processor });
    const both = await trained(t, { processor, objective: "transformer", lambda: 1e-2, recognizer: one });
    await assertSameWeights(plain.model, both.model);
    const card = cardOf(await readModel(both.model));
    assert.deepEqual(
      [card?.objective, card?.transformer, card?.forRecognizers],
      ["transformer", "compact-s", undefined],
    );
  });

test("for-recognizers.onnx is P with what T has learned behind it, in one file that evaluate takes", async (t) => {
  const { model, forRecognizers } = await trained(t, { objective: "transformer", lambda: 1e-2, recognizer: one });
  assert.ok(forRecognizers);
  const [seen, read] = [await restoredRamp(model), await restoredRamp(forRecognizers)];
  assert.deepEqual(seen.shape, read.shape);
  assert.ok(seen.data.some((value, i) => Math.abs(Number(value) - Number(read.data[i])) > 1e-3));
  assert.equal(cardOf(await readModel(forRecognizers))?.forRecognizers, true);
  const result = await legible(
    ["evaluate", "--scale", "2", "--data", data, "--recognizer", one].concat(["--processor", `ta=${forRecognizers}`]),
  );
  assert.equal(result.code, 0, result.err);
  assert.match(result.out, /\| ta /);
});

test("T begins as the identity, also behind a processor with a picture format of its own", async (t) => {
  const slow = { objective: "transformer", processor: theirs, recognizer: one, lambda: 1e-2, lr: 1e-12, steps: 1 };
  const { model, forRecognizers } = await trained(t, slow);
  const [seen, read] = [await restoredRamp(model), await restoredRamp(forRecognizers ?? "")];
  for (const [i, value] of seen.data.entries()) assert.ok(Math.abs(Number(value) - Number(read.data[i])) < 1e-6);
});

const two = [
  { file: one, weight: 1 },
  { file: other, weight: 0.5 },
];
const kinds: Record<string, Partial<TrainingConfig>> = {
  transformer: { objective: "transformer", lambda: 1e-2, recognizer: one },
  "unsupervised with kl and two recognizers": {
    objective: "unsupervised",
    lambda: 0.1,
    recognizer: two,
    distance: "kl",
  },
  "feature with l1": { objective: "feature", lambda: 0.01, recognizer: one, imageLoss: "l1" },
  "ra with values inside": { objective: "ra", lambda: 0.01, recognizer: two, featureWeight: 5 },
  "ra with warm-up": { objective: "ra", lambda: 0.01, recognizer: two, lambdaWarmup: 4 },
};

for (const [name, config] of Object.entries(kinds))
  test(`${name}: a run that was stopped and resumed ends with the same bytes`, async (t) => {
    const whole = await trained(t, config);
    const broken = await trained(t, config, undefined, { after: 2 });
    assert.equal(broken.step, 2);
    const resumed = await trained(t, config, broken.folder, { resume: true });
    for (const key of ["model", "forRecognizers"] as const) {
      const [path, again] = [whole[key], resumed[key]];
      if (path && again) assert.ok(readFileSync(path).equals(readFileSync(again)), key);
      else assert.equal(path, again);
    }
    assert.equal(whole.losses.length, 6);
  });

test("the first step of a warm-up counts the image loss alone, the step after it lambda whole", async (t) => {
  const { losses } = await trained(t, { objective: "ra", lambda: 0.1, recognizer: one, lambdaWarmup: 2 });
  for (const [i, share] of [0, 0.5, 1, 1].entries()) {
    const { loss = 0, image = 0, recognition = 0 } = losses[i] ?? {};
    assert.ok(Math.abs(loss - image - 0.1 * share * recognition) < 1e-6, `step ${i + 1}`);
  }
});

test("PSNR is told in terms of the squared error, whatever the image loss is", async (t) => {
  const [squares, l1] = [await trained(t, {}), await trained(t, { imageLoss: "l1" })];
  assert.equal(squares.losses[0]?.psnr, l1.losses[0]?.psnr);
  assert.notEqual(squares.losses[0]?.image, l1.losses[0]?.image);
});

test("a run of version 0.1.0, whose config.json lacks what came later, can be resumed", async (t) => {
  const config = { objective: "ra", lambda: 0.01, recognizer: one };
  const whole = await trained(t, config);
  const broken = await trained(t, config, undefined, { after: 2 });
  const old = { ...base, ...config, freeze: [], passes: "all" };
  writeFileSync(join(broken.folder, "config.json"), JSON.stringify(old));
  const resumed = await trained(t, config, broken.folder, { resume: true });
  assert.ok(readFileSync(whole.model).equals(readFileSync(resumed.model)));
});

const command = (t: TestContext, ...args: string[]) =>
  legible(
    ["train", "--scale", "2", "--processor", "compact-s", "--steps", "2", "--batch", "2", "--crop", "32"].concat(args, [
      "--out",
      join(temporaryFolder(t), "run"),
    ]),
  );

for (const objective of ["unsupervised", "feature"])
  test(`${objective} opens no labels.csv`, async (t) => {
    const folder = temporaryFolder(t);
    await drawPictures(folder, 4, 48);
    writeFileSync(join(folder, "labels.csv"), "this,is,no\nlist of,classes\n");
    const result = await command(t, "--objective", objective, "--recognizer", one, "--data", folder);
    assert.equal(result.code, 0, result.err);
  });

test("what a detector gives can be compared without labels, its numbers as they are", async (t) => {
  const flags = ["--objective", "unsupervised", "--distance", "logits-mse", "--recognizer", detector, "--data", data];
  const result = await command(t, ...flags, "--output", "boxes");
  assert.equal(result.code, 0, result.err);
});

const refusals: [string, readonly string[], RegExp][] = [
  [
    "a softmax of what is no class score",
    ["--objective", "unsupervised", "--recognizer", "DETECTOR", "--output", "boxes"],
    /softmax-mse reads class scores \[N, classes\], but the output of detector is \[1, 225, 8\].*--distance logits-mse/,
  ],
  [
    "a loss of whole numbers",
    ["--objective", "unsupervised", "--recognizer", "DETECTOR", "--output", "best", "--distance", "logits-mse"],
    /the output of detector holds int64; a loss needs float32/,
  ],
  [
    "a feature that is not there",
    ["--objective", "feature", "--recognizer", "ONE", "--feature", "Relu"],
    /one\.onnx has no feature "Relu"; the nearest names: Relu_\d/,
  ],
  [
    "features of several recognizers",
    ["--objective", "feature", "--recognizer", "ONE", "--recognizer", "DETECTOR", "--feature", "Relu_2"],
    /--feature are those of one recognizer/,
  ],
  [
    "a distance for an objective without one",
    ["--objective", "ra", "--recognizer", "ONE", "--distance", "kl"],
    /--distance belongs to the objective unsupervised, not to ra/,
  ],
  [
    "a feature for an objective that looks at outputs",
    ["--objective", "unsupervised", "--recognizer", "ONE", "--feature", "Relu_2"],
    /--feature belongs to the objective feature, or to unsupervised with --feature-weight above 0/,
  ],
  [
    "a feature weight for an objective that is about features alone",
    ["--objective", "feature", "--recognizer", "ONE", "--feature-weight", "2"],
    /--feature-weight belongs to objectives that read what R puts out, not to feature/,
  ],
  [
    "a transformer that cannot keep the size",
    ["--objective", "transformer", "--recognizer", "ONE", "--transformer", "srdensenet"],
    /srdensenet enlarges by 2, 4, not by 1/,
  ],
  ["a weight of 0", ["--objective", "ra", "--recognizer", "one.onnx=0"], /FILE=WEIGHT with a weight above 0/],
  ["no recognizer", ["--objective", "feature"], /the objective feature needs a recognizer/],
];

for (const [name, args, expected] of refusals)
  test(`${name} gets one clear sentence`, async (t) => {
    const files: Record<string, string> = { ONE: one, DETECTOR: detector };
    const { code, err } = await command(t, ...args.map((arg) => files[arg] ?? arg), "--data", data);
    assert.equal(code, 1, err);
    assert.match(err, expected);
    assert.doesNotMatch(err, /\n\s+at |should not happen/);
  });
