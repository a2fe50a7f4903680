import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import { openLabelledSets } from "../data/labelled-sets.js";
import { buildRecognizer } from "../networks/recognizers/index.js";
import { smoothedCrossEntropy } from "../objectives/losses.js";
import { GraphBuilder } from "../onnx/builder.js";
import { float32, int64 } from "../onnx/tensor.js";
import { encodeImage } from "../platform/node/codec.js";
import { randomAt } from "../random.js";
import { readRecognizer } from "../recognition/recognizer.js";
import { Session } from "../runtime/session.js";
import { type RecognizerTraining, trainRecognizer } from "./train-recognizer.js";

const SIZE = 16;
const workspace = mkdtempSync(join(tmpdir(), "legible-recognizers-"));
const [data, validation] = [join(workspace, "train"), join(workspace, "held-out")];

/** Writes horizontal, vertical and crossed stripes with random phase and contrast, one folder per class. */
async function drawStripes(folder: string, count: number, seed: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const random = randomAt(seed, index);
    const [phase, contrast] = [4 * random.uniform(), 30 + 80 * random.uniform()];
    const wave = (x: number) => Math.cos(((x + phase) * Math.PI) / 2);
    const data = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, k) => {
      const [x, y] = [Math.floor(k / 3) % SIZE, Math.floor(k / 3 / SIZE)];
      return 128 + contrast * ([wave(y), wave(x), wave(x) * wave(y)][index % 3] as number);
    });
    const name = ["across", "upright", "both"][index % 3] as string;
    await encodeImage({ width: SIZE, height: SIZE, data }, join(folder, name, `${index}.png`));
  }
}

before(async () => {
  await drawStripes(data, 60, 1);
  await drawStripes(validation, 60, 2);
});
after(() => rmSync(workspace, { recursive: true }));

async function training(out: string, changes: Partial<RecognizerTraining> = {}): Promise<RecognizerTraining> {
  const settings = { network: "small-vgg", size: SIZE, steps: 30, batch: 12, lr: 5e-3, crop: 1, ...changes };
  return { ...settings, sets: await openLabelledSets([data], { validation: [validation] }), out, threads: 1 };
}

for (const network of ["small-vgg", "small-resnet", "small-mobile", "mobilenet"])
  test(`${network} learns: the loss falls and held-out accuracy is far above chance`, async (t) => {
    const out = join(temporaryFolder(t), network);
    const losses: number[] = [];
    const onStep: RecognizerTraining["onStep"] = (at) => losses.push(at.losses.loss as number);
    const { model, accuracy } = await trainRecognizer({ ...(await training(out, { network })), onStep });
    assert.equal(losses.length, 30);
    assert.ok((losses.at(-1) as number) < 0.5 * (losses[0] as number), losses.join(" "));
    assert.ok(accuracy && accuracy.count === 60 && accuracy.top1 >= 0.75, `top-1 ${accuracy?.top1}, chance 1/3`);
    const { name, preprocessing } = await readRecognizer(model as string);
    assert.deepEqual([name, preprocessing.size], [network, SIZE]);
    const sidecar = JSON.parse(readFileSync(join(out, "model.json"), "utf8"));
    assert.deepEqual(sidecar.classes, ["across", "both", "upright"]);
    assert.deepEqual(sidecar.accuracy, accuracy);
  });

test("an interrupted and resumed training run writes the same bytes as an uninterrupted one", async (t) => {
  const folder = temporaryFolder(t);
  const [uninterrupted, interrupted] = [join(folder, "uninterrupted"), join(folder, "interrupted")];
  const changes = { steps: 12, crop: 0.6, color: 0.3, smoothing: 0.1 };
  await trainRecognizer(await training(uninterrupted, changes));
  const stop = new AbortController();
  const onStep: RecognizerTraining["onStep"] = ({ step }) => step === 5 && stop.abort();
  const first = await trainRecognizer({ ...(await training(interrupted, changes)), signal: stop.signal, onStep });
  assert.deepEqual([first.step, first.model, first.accuracy], [5, null, null]);
  const second = await trainRecognizer({ ...(await training(interrupted, changes)), resume: true });
  assert.equal(second.step, 12);
  for (const file of ["model.onnx", "model.json", "checkpoint.safetensors", "config.json"])
    assert.ok(readFileSync(join(uninterrupted, file)).equals(readFileSync(join(interrupted, file))), file);
  await assert.rejects(
    training(interrupted, { ...changes, lr: 1 }).then((options) => trainRecognizer({ ...options, resume: true })),
    /started with `lr` 0.005, not 1/,
  );
});

test("a different seed gives different weights", async (t) => {
  const bytes = async (seed: number) => {
    const { model } = await trainRecognizer(await training(join(temporaryFolder(t), "run"), { steps: 3, seed }));
    return readFileSync(model as string);
  };
  assert.ok(!(await bytes(0)).equals(await bytes(1)));
});

test("training stops with an error when the loss is not finite", async (t) =>
  assert.rejects(trainRecognizer(await training(temporaryFolder(t), { lr: 1e30 })), /the loss is not a finite number/));

test("an unknown recognizer or an unsupported image size is refused with the valid choices", () => {
  assert.throws(
    () => buildRecognizer("alexnet", 3, 64, 0),
    /cannot build recognizer "alexnet".*resnet, vgg, densenet, mobilenet, vit/,
  );
  assert.throws(() => buildRecognizer("vit", 3, 60, 0), /"vit": `size` 60 is not a multiple of the patch size 8/);
  assert.throws(() => buildRecognizer("vgg", 3, 8, 0), /"vgg": `size` 8 is below the minimum of 16 pixels/);
});

// torch.nn.functional.cross_entropy([[1, 2, 0.5], [0, -1, 3]], [1, 0], label_smoothing=0.2) of PyTorch 1.13
test("smoothed labels give PyTorch's cross-entropy", async () => {
  const b = new GraphBuilder();
  const [logits, labels] = [b.input("logits", [2, 3]), b.input("labels", [2], "int64")];
  b.output("loss", smoothedCrossEntropy(b, logits, labels, 3, 0.2));
  const session = await Session.create(b.build());
  const { loss } = await session.run({ logits: float32([1, 2, 0.5, 0, -1, 3], [2, 3]), labels: int64([1, 0]) });
  assert.ok(Math.abs(Number(loss?.data[0]) - 1.781793) < 1e-6, String(loss?.data[0]));
});
