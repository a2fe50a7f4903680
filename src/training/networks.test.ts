import assert from "node:assert/strict";
import { test } from "node:test";
import { compactS } from "../networks/compact.js";
import { FIXED } from "../networks/network.js";
import { buildPix2pix } from "../networks/pix2pix.js";
import { buildRecognizer, recognizerNetworks } from "../networks/recognizers/index.js";
import { buildSrdensenet } from "../networks/srdensenet.js";
import { buildSrresnet } from "../networks/srresnet.js";
import { buildUnet } from "../networks/unet.js";
import { findObjective } from "../objectives/index.js";
import type { Graph } from "../onnx/graph.js";
import { float32, int64, type Tensor } from "../onnx/tensor.js";
import { randomAt } from "../random.js";
import { Session, type Tensors } from "../runtime/session.js";
import { adamScalars } from "./adam.js";
import { processorForward } from "./processor-forward.js";
import { recognizerForward } from "./recognizer-forward.js";
import { type Forward, nextState, scalars, trainingStep } from "./step.js";

/** Smooth images [count, 3, side, side] of random waves. */
function waves(count: number, side: number): Tensor {
  const data = Float32Array.from({ length: count * 3 * side * side }, (_, i) => {
    const random = randomAt(3, Math.floor(i / (side * side)));
    const [x, y] = [i % side, Math.floor(i / side) % side];
    return 0.5 + 0.4 * Math.sin((x * random.uniform() + y * random.uniform()) / 2);
  });
  return float32(data, [count, 3, side, side]);
}

/** The losses of `steps` steps on one batch, and the final state. */
async function losses(forward: Forward, batch: Tensors, steps: number) {
  const step = await trainingStep(forward);
  const session = await Session.create(step.graph, { threads: 1 });
  let [state, losses]: [Tensors, number[]] = [step.state, []];
  for (let i = 0; i < steps; i++) {
    const results = await session.run({ ...state, ...scalars(adamScalars(2e-3, i + 1)), ...batch });
    losses = [...losses, Number(results.loss?.data[0])];
    state = nextState(step, results);
  }
  await session.release();
  return { losses, step, state };
}

/** Weights according to the builders' names: all initializers but constants, fixed filters and running statistics. */
const weightsIn = (graph: Graph): string[] =>
  [...graph.initializers.keys()].filter(
    (name) => !/^constant_|\.(mean|variance)$/.test(name) && !name.startsWith(FIXED),
  );

function assertLearns(graph: Graph, result: Awaited<ReturnType<typeof losses>>): void {
  assert.deepEqual(new Set(result.step.parameters), new Set(weightsIn(graph)));
  for (const name of result.step.parameters)
    assert.notDeepEqual(result.state[name]?.data, graph.initializers.get(name)?.data, `${name} does not change`);
  assert.ok((result.losses.at(-1) as number) < 0.8 * (result.losses[0] as number), result.losses.join(" "));
}

const processors: Readonly<Record<string, [scale: number, graph: Graph]>> = {
  compact: [2, compactS.build(2, 0)],
  "compact at scale 1": [1, compactS.build(1, 0)],
  SRResNet: [2, buildSrresnet(8, 2, 2, 0)],
  SRDenseNet: [2, buildSrdensenet({ growth: 4, layers: 2, blocks: 2, bottleneck: 8 }, 2, 0)],
  "the ResNet generator": [1, buildPix2pix(8, 1, 0)],
  "the U-Net": [2, buildUnet([8, 12, 16], 2, 0)],
};

for (const [name, [scale, processor]] of Object.entries(processors))
  test(`${name} learns: every weight changes and the loss falls`, async () => {
    const [batch, cleanSide, degradedSide] = [2, 18, 18 / scale];
    const clean = waves(batch, cleanSide);
    const forward = processorForward({
      ...{ processor, trainNorms: true, objective: findObjective("plain"), lambda: 0, recognizer: null },
      ...{ batch, degradedSide, cleanSide },
    });
    const { data, ...shape } = waves(batch, degradedSide);
    const degraded = { ...shape, data: (data as Float32Array).map((value) => 0.8 * value) };
    assertLearns(processor, await losses(forward, { clean, degraded }, 25));
  });

for (const { name } of recognizerNetworks)
  test(`${name} outputs a score per class, every weight changes and the loss falls`, async () => {
    const network = buildRecognizer(name, 3, 32, 0);
    const image = waves(6, 32);
    const session = await Session.create(network, { threads: 1 });
    assert.deepEqual((await session.run({ image })).logits?.shape, [6, 3]);
    const labels = int64([0, 1, 2, 0, 1, 2]);
    assertLearns(network, await losses(recognizerForward(network, 6, 0), { image, labels }, 8));
  });
