import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { smallDetector } from "../../testing/detectors.js";
import { temporaryFolder } from "../../testing/workspace.js";
import { gradients } from "../autodiff/gradients.js";
import { distanceOf } from "../objectives/distances.js";
import { findObjective } from "../objectives/index.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32, sizeOf, type Tensor } from "../onnx/tensor.js";
import { sidecarPath, writeModel } from "../platform/node/models.js";
import { randomAt } from "../random.js";
import { fitFeatures } from "../recognition/fit.js";
import { readLossRecognizer } from "../recognition/frozen.js";
import { probe } from "../runtime/probe.js";
import { Session, type Tensors } from "../runtime/session.js";
import { frozenIn, type WeightedRecognizer } from "./frozen-in-graph.js";

const SIDE = 16;
const SHAPE = [1, 3, SIDE, SIDE];

function noise(seed: number, size: number, shift: number): Tensor {
  const random = randomAt(seed);
  return float32(
    Float32Array.from({ length: sizeOf(SHAPE) }, () => shift + size * (random.uniform() - 0.5)),
    SHAPE,
  );
}

test("unsupervised: the loss of a detector's raw heads is the mean of their relative distances, and its gradient with respect to the image equals central differences", async (t) => {
  const path = join(temporaryFolder(t), "detector.onnx");
  await writeModel(smallDetector("heads"), path);
  writeFileSync(sidecarPath(path), JSON.stringify({ input: { size: 32 } }));
  const detector = await readLossRecognizer(path, {}, { features: null });
  const { graph } = await fitFeatures(detector, 1, SIDE);
  const session = await Session.create(await lossWithGradient("unsupervised", [{ graph, kind: "heads" }]), {
    threads: 1,
  });
  t.after(() => session.release());
  const [degraded, clean] = [noise(1, 0.6, 0.5), noise(2, 0.6, 0.5)];
  const base = await session.run({ restored: degraded, clean });

  const heads = await Session.create(graph, { threads: 1 });
  t.after(() => heads.release());
  const [found, targets] = [await heads.run({ image: degraded }), await heads.run({ image: clean })];
  const distances = ["head0", "head1"].map((name) => {
    const [x, y] = [found[name]?.data as Float32Array, targets[name]?.data as Float32Array];
    const sum = (values: Float32Array, of: (value: number, i: number) => number) =>
      values.reduce((total, value, i) => total + of(value, i), 0);
    return sum(x, (value, i) => (value - (y[i] as number)) ** 2) / sum(y, (value) => value ** 2);
  });
  const expected = distances.reduce((total, value) => total + value, 0) / 2;
  assert.ok(Math.abs(Number(base.loss?.data[0]) - expected) < 1e-5 * expected);
  await assertSlopes(session, { restored: degraded, clean });
});

/** The recognition loss of an objective for `restored` images, and its gradient with respect to them. */
async function lossWithGradient(objective: string, recognizers: readonly WeightedRecognizer[]): Promise<Graph> {
  const b = new GraphBuilder("loss");
  const [restored, clean] = [b.input("restored", SHAPE), b.input("clean", SHAPE)];
  const { parts } = findObjective(objective).losses({
    ...{ b, restored, clean, image: b.zero },
    labels: () => b.input("labels", [1], "int64"),
    labelMaps: () => ({ value: b.input("labelMaps", [1, SIDE, SIDE], "int64"), shape: [1, SIDE, SIDE] }),
    lambda: () => b.one,
    transform: (images) => images,
    recognizers: recognizers.map((recognizer, i) => frozenIn(b, recognizer, i)),
    distance: distanceOf("relative-mse"),
    featureWeight: 0,
    transformerWeight: 0,
    lattice: () => undefined,
    latticeWeight: 0,
  });
  const loss = b.output("loss", parts.recognition as string);
  const { graph, shapes } = await probe(b.build());
  const differentiated = gradients(graph, loss, [restored], shapes);
  const gradient = differentiated.gradients.get(restored) as string;
  const whole = GraphBuilder.from(differentiated.graph);
  whole.output("gradient", gradient);
  return whole.build();
}

/** Compares the gradient with central differences along random directions. */
async function assertSlopes(session: Session, feeds: Tensors): Promise<void> {
  const [image, gradient] = [
    feeds.restored?.data as Float32Array,
    (await session.run(feeds)).gradient?.data as Float32Array,
  ];
  for (const seed of [3, 4, 5]) {
    const direction = noise(seed, 2, 0).data as Float32Array;
    const at = async (size: number) => {
      const restored = float32(
        image.map((value, i) => value + size * (direction[i] as number)),
        SHAPE,
      );
      return Number((await session.run({ ...feeds, restored }, ["loss"])).loss?.data[0]);
    };
    const difference = ((await at(5e-3)) - (await at(-5e-3))) / 1e-2;
    const slope = gradient.reduce((total, value, i) => total + value * (direction[i] as number), 0);
    assert.ok(
      Math.abs(slope - difference) < 5e-3 * Math.abs(difference) + 2e-4,
      `seed ${seed}: ${slope}, not ${difference}`,
    );
  }
}
