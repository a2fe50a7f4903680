import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import type { Image } from "../images/image.js";
import { lossGradients } from "../inspection/gradient.js";
import { GraphBuilder, int } from "../onnx/builder.js";
import type { Dim, Graph } from "../onnx/graph.js";
import { float32, sizeOf, type Tensor } from "../onnx/tensor.js";
import { writeModel } from "../platform/node/models.js";
import { randomAt } from "../random.js";
import { openClassifier } from "./classifier.js";
import { readFeatureExtractor } from "./feature-files.js";
import { fitFeatures, fitRecognizer } from "./fit.js";
import { recognizerBatching } from "./model.js";
import { readRecognizer } from "./recognizer.js";

const SIDE = 8;
const CLASSES = 10;

function random(shape: readonly number[], seed: number): Tensor {
  const values = randomAt(seed);
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => values.normal()),
    shape,
  );
}

/** A convolution, the layers of `body` on its result [N, 8, 6, 6], and a fully connected layer on their result [N, 8]. */
function classifier(batch: Dim, body: (b: GraphBuilder, features: string) => string): Graph {
  const b = new GraphBuilder("classifier");
  const image = b.input("image", [batch, 3, SIDE, SIDE]);
  const features = b.Relu(b.Conv(image, b.initializer("conv", random([8, 3, 3, 3], 1))));
  b.output("scores", b.MatMul(body(b, features), b.initializer("head", random([8, CLASSES], 2))), [batch, CLASSES]);
  return b.build();
}

const pooled = (b: GraphBuilder, x: string) => b.Flatten(b.GlobalAveragePool(x));

/** The maximum over all positions, behind a Reshape that contains the batch, as exporters with a fixed batch write it. */
const reshaped = (batch: number) => (b: GraphBuilder, x: string) =>
  b.add("ReduceMax", [b.Reshape(x, [batch, 8, -1]), b.integers([2])], { keepdims: int(0) });

/** Normalized by the statistics of the batch, as by a network that was not exported in evaluation mode. */
function normalized(b: GraphBuilder, x: string): string {
  const filled = (name: string, value: number) => b.initializer(name, float32(new Float32Array(8).fill(value), [8]));
  const inputs = [x, filled("scale", 1), filled("shift", 0), filled("mean", 0), filled("variance", 1)];
  const [y = ""] = b.addMany("BatchNormalization", inputs, { training_mode: int(1) }, 3);
  return pooled(b, b.Relu(y));
}

async function write(t: Parameters<typeof temporaryFolder>[0], graph: Graph): Promise<string> {
  const path = join(temporaryFolder(t), "net.onnx");
  await writeModel(graph, path);
  return path;
}

const settings = { range: 1, size: SIDE } as const;

const images = (count: number): Image[] =>
  Array.from({ length: count }, (_, i) => {
    const values = randomAt(4, i);
    const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, () => values.integer(256));
    return { width: SIDE, height: SIDE, data };
  });

for (const [name, graph, expected] of [
  ["a convolutional network that declares a batch of 1 runs with any batch", classifier(1, pooled), null],
  ["a Reshape that contains a declared batch of 1 needs groups of 1", classifier(1, reshaped(1)), 1],
  ["a Reshape that contains a declared batch of 2 needs groups of 2", classifier(2, reshaped(2)), 2],
  [
    "a Reshape that contains a batch of 1 needs groups of 1 though the batch is declared open",
    classifier("N", reshaped(1)),
    1,
  ],
  ["an open batch runs as one", classifier("N", reshaped(0)), null],
] as const)
  test(name, async (t) => {
    const model = await readRecognizer(await write(t, graph), settings);
    assert.equal((await recognizerBatching(model)).group, expected);
  });

for (const batch of [1, 2, 4] as const)
  test(`a network of a fixed batch of ${batch} predicts what the same network of an open batch predicts`, async (t) => {
    const seven = images(7);
    const fixed = await openClassifier(await write(t, classifier(batch, reshaped(batch))), settings);
    const open = await openClassifier(await write(t, classifier("N", reshaped(0))), settings);
    const scores = (predictions: Awaited<ReturnType<typeof open.predict>>) =>
      predictions.flatMap(({ ranked }) => ranked.map(({ class: label, score }) => [label, Math.round(score * 1e4)]));
    assert.deepEqual(scores(await fixed.predict(seven)), scores(await open.predict(seven)));
  });

for (const [batch, count] of [
  [1, 3],
  [2, 5],
  [4, 3],
] as const)
  test(`in training the gradient through groups of ${batch} for ${count} images is that of the open batch`, async (t) => {
    const tensors = { image: random([count, 3, SIDE, SIDE], 5), weight: random([count, CLASSES], 6) };
    const gradientOf = async (graph: Graph) => {
      const { graph: fitted } = await fitRecognizer(await readRecognizer(await write(t, graph), settings), count, SIDE);
      const { gradients } = await lossGradients(fitted, tensors, { loss: "weighted-sum" });
      return gradients.image as Tensor;
    };
    const [found, expected] = [
      await gradientOf(classifier(batch, reshaped(batch))),
      await gradientOf(classifier("N", reshaped(0))),
    ];
    assert.deepEqual(found.shape, expected.shape);
    for (const [i, value] of found.data.entries()) assert.ok(Math.abs(Number(value) - Number(expected.data[i])) < 1e-5);
  });

test("features of a network of a fixed batch have one row for each image", async (t) => {
  const path = await write(t, classifier(2, reshaped(2)));
  const { graph, group } = await fitFeatures(await readFeatureExtractor(path, [], settings), 5, SIDE);
  assert.equal(group, 2);
  assert.deepEqual(
    graph.outputs.map(({ shape }) => shape?.[0]),
    [5],
  );
});

test("a network that mixes the images of its fixed batch is refused", async (t) => {
  const graph = classifier(2, (b, x) => {
    const mean = b.ReduceMean(pooled(b, x), [0]);
    return b.Add(b.Reshape(pooled(b, x), [2, 8]), b.Mul(mean, b.scalar(2)));
  });
  await assert.rejects(
    openClassifier(await write(t, graph), settings),
    /net.onnx image by image: its output for an image depends on the other images of the batch/,
  );
});

for (const batch of ["N", 4] as const)
  test(`a network that subtracts the mean of its batch (${batch}) is refused`, async (t) => {
    const graph = classifier(batch, (b, x) => b.Sub(pooled(b, x), b.ReduceMean(pooled(b, x), [0])));
    await assert.rejects(
      openClassifier(await write(t, graph), settings),
      /net.onnx image by image: its output for an image depends on the other images of the batch/,
    );
  });

test("a network of an open batch that runs image by image states that", async (t) => {
  const classifierOf = async (graph: Graph) => openClassifier(await write(t, graph), settings);
  const { notes } = await classifierOf(classifier("N", reshaped(1)));
  assert.match(notes.join(), /depends on the other images of a batch: images run one by one/);
  assert.deepEqual((await classifierOf(classifier("N", reshaped(0)))).notes, []);
});

test("a network whose batch normalizations are in training mode is refused", async (t) => {
  const attempt = openClassifier(await write(t, classifier("N", normalized)), settings);
  await assert.rejects(attempt, /depends on the other images of the batch \(was it exported in evaluation mode\?\)/);
});

test("a network with random outputs is refused", async (t) => {
  const graph = classifier("N", (b, x) => {
    const noise = b.add("RandomNormalLike", [x]);
    return pooled(b, b.Add(x, noise));
  });
  await assert.rejects(openClassifier(await write(t, graph), settings), /cannot run .* image by image/);
});
