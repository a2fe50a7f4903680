import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import type { LabelledImage } from "../data/labelled.js";
import { randomAt } from "../data/random.js";
import { readModel } from "../graph/read.js";
import { recognizerNetworks, smallRecognizer } from "../networks/recognizer.js";
import { loadRecognizer } from "../recognition/recognizer.js";
import { accuracyOf, type RecognizerTraining, trainRecognizer, writeRecognizer } from "./train-recognizer.js";

const SIZE = 16;

/** Stripes across (0), upright (1) and in both directions (2), of any phase and contrast. */
function stripes(count: number, seed: number): LabelledImage[] {
  return Array.from({ length: count }, (_, i) => {
    const random = randomAt(seed, i);
    const [label, phase, contrast] = [i % 3, 4 * random.uniform(), 30 + 80 * random.uniform()];
    const wave = (x: number) => Math.cos(((x + phase) * Math.PI) / 2);
    const data = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, k) => {
      const [x, y] = [Math.floor(k / 3) % SIZE, Math.floor(k / 3 / SIZE)];
      return 128 + contrast * ([wave(y), wave(x), wave(x) * wave(y)][label] as number);
    });
    return { image: { width: SIZE, height: SIZE, data }, label };
  });
}

const untrained = (name: string) => smallRecognizer(name, 3, SIZE, 0);

const training = (options: Partial<RecognizerTraining> = {}): RecognizerTraining => ({
  network: untrained("small-vgg"),
  images: stripes(60, 1),
  steps: 30,
  batch: 12,
  lr: 5e-3,
  seed: 0,
  ...options,
});

for (const { name } of recognizerNetworks)
  test(`${name} learns: the loss falls and what was written reads new pictures far above chance`, async (t) => {
    const losses: number[] = [];
    const network = await trainRecognizer(
      training({ network: untrained(name), onStep: (_, loss) => losses.push(loss) }),
    );
    assert.equal(losses.length, 30);
    assert.ok((losses.at(-1) as number) < 0.5 * (losses[0] as number), losses.join(" "));
    const path = join(temporaryFolder(t), `${name}.onnx`);
    await writeRecognizer(network, path);
    const { name: title, size } = await loadRecognizer(path);
    assert.deepEqual([title, size], [name, SIZE]);
    const accuracy = await accuracyOf(await readModel(path), stripes(60, 2));
    assert.ok(accuracy >= 0.75, `${accuracy} right, by chance 1/3`);
  });

test("the same seed gives the same weights, another seed others", async () => {
  const weights = async (seed: number) => {
    const { initializers } = await trainRecognizer(training({ steps: 3, seed, threads: 1 }));
    return [...initializers.values()].map(({ data }) => data.join()).join();
  };
  const first = await weights(0);
  assert.equal(await weights(0), first);
  assert.notEqual(await weights(1), first);
});

test("an abort ends the training", () =>
  assert.rejects(trainRecognizer(training({ signal: AbortSignal.abort() })), { name: "AbortError" }));

test("a rate that is far too high is refused when the loss is no longer finite", () =>
  assert.rejects(trainRecognizer(training({ lr: 1e30 })), /the loss of small-vgg is no longer finite/));

test("a recognizer of an unknown name is refused with the choices", () =>
  assert.throws(
    () => smallRecognizer("vgg", 3, SIZE, 0),
    /no recognizer "vgg".*small-vgg, small-resnet, small-mobile/,
  ));
