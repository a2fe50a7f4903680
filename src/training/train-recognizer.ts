import { setImmediate } from "node:timers/promises";
import type { LabelledImage } from "../data/labelled.js";
import { randomAt, shuffled } from "../data/random.js";
import { UserError } from "../errors.js";
import { writeBytes } from "../files.js";
import { GraphBuilder } from "../graph/builder.js";
import type { Graph } from "../graph/graph.js";
import { float32, int64, type Tensor } from "../graph/tensor.js";
import { writeModel } from "../graph/write.js";
import { flipHorizontal } from "../images/crop.js";
import { toPlanar } from "../images/planar.js";
import { rankOf } from "../metrics/accuracy.js";
import { crossEntropy } from "../objectives/losses.js";
import { sidecarPath } from "../recognition/preprocessing.js";
import { Session, type SessionOptions, type Tensors } from "../runtime/session.js";
import { adamScalars } from "./adam.js";
import { parametersOf, withTrainingNorms } from "./parameters.js";
import { inlineTrainable } from "./processor-forward.js";
import { learningRate } from "./schedule.js";
import { type Forward, nextState, scalar, trainingStep, withState } from "./step.js";

export interface RecognizerTraining extends SessionOptions {
  /** Input `image` [N, 3, size, size], output `logits` [N, classes], all but N known. */
  readonly network: Graph;
  /** Pictures of the network's size. */
  readonly images: readonly LabelledImage[];
  readonly steps: number;
  /** Images in a step. */
  readonly batch: number;
  /** Highest learning rate of Adam; it falls along a cosine. */
  readonly lr: number;
  readonly seed: number;
  /** Ends the training with its reason. */
  readonly signal?: AbortSignal;
  onStep?(step: number, loss: number): void;
}

/**
 * Trains a classifier from scratch by cross-entropy; every other picture is seen in a mirror.
 * @returns the trained network.
 * @throws UserError when the loss is no longer finite; what `signal` says when it aborts.
 */
export async function trainRecognizer(options: RecognizerTraining): Promise<Graph> {
  const { network, batch, steps, lr, signal, onStep } = options;
  const step = await trainingStep(recognizerForward(network, batch));
  const session = await Session.create(step.graph, options);
  const batches = new Batches(options);
  let state: Tensors = step.state;
  try {
    for (let i = 0; i < steps; i++) {
      signal?.throwIfAborted();
      const scalars = Object.entries(adamScalars(learningRate(lr, i, steps), i + 1));
      const results = await session.run({
        ...state,
        ...Object.fromEntries(scalars.map(([name, value]) => [name, scalar(value)])),
        ...batches.at(i),
      });
      state = nextState(step, results);
      const loss = results.loss?.data[0] as number;
      if (!Number.isFinite(loss))
        throw new UserError(`the loss of ${network.name} is no longer finite: lower its rate`);
      onStep?.(i + 1, loss);
      await setImmediate(); // lets signals in
    }
  } finally {
    await session.release();
  }
  return withState(network, state);
}

/** Cross-entropy of a classifier. Inputs: `image`, `labels` [batch] and the weights. */
function recognizerForward(network: Graph, batch: number): Forward {
  const b = new GraphBuilder(`training ${network.name}`);
  const [side, classes] = [sideOf(network), network.outputs[0]?.shape?.[1] as number];
  const image = b.input("image", [batch, 3, side, side]);
  const labels = b.input("labels", [batch], "int64");
  const parameters = parametersOf(network);
  const learning = { parameters, ...withTrainingNorms(network) };
  const { logits } = inlineTrainable(b, learning, { image }, "P/");
  b.output("loss", crossEntropy(b, logits as string, labels, classes));
  return {
    graph: b.build(),
    goals: [{ loss: "loss", parameters }],
    statistics: learning.statistics,
    initial: network.initializers,
  };
}

const sideOf = (network: Graph): number => network.inputs[0]?.shape?.[3] as number;

/** Draws the batches of a training: every epoch visits each picture once, in an order of its own. */
class Batches {
  private order: { epoch: number; items: Uint32Array } = { epoch: -1, items: new Uint32Array() };

  constructor(private readonly options: RecognizerTraining) {}

  /** The images and labels of a step. */
  at(step: number): Tensors {
    const { network, batch } = this.options;
    const drawn = Array.from({ length: batch }, (_, i) => this.draw(step * batch + i));
    return { image: tensorOf(drawn, sideOf(network)), labels: int64(drawn.map(({ label }) => label)) };
  }

  /** The picture that is the `index`-th of the whole training. */
  private draw(index: number): LabelledImage {
    const { images, seed } = this.options;
    const [epoch, position] = [Math.floor(index / images.length), index % images.length];
    if (this.order.epoch !== epoch) this.order = { epoch, items: shuffled(images.length, seed, epoch) };
    const { image, label } = images[this.order.items[position] as number] as LabelledImage;
    const mirrored = randomAt(seed, epoch, position).integer(2) === 1;
    return { image: mirrored ? flipHorizontal(image) : image, label };
  }
}

function tensorOf(images: readonly LabelledImage[], side: number): Tensor {
  const data = new Float32Array(images.length * 3 * side * side);
  for (const [i, { image }] of images.entries()) toPlanar(image, data, i * 3 * side * side);
  return float32(data, [images.length, 3, side, side]);
}

/** Images judged at once. */
const JUDGED = 50;

/** The share of these pictures, 0 to 1, that a recognizer puts in their class. */
export async function accuracyOf(
  network: Graph,
  images: readonly LabelledImage[],
  options: SessionOptions = {},
): Promise<number> {
  const session = await Session.create(network, options);
  let right = 0;
  for (let start = 0; start < images.length; start += JUDGED) {
    const judged = images.slice(start, start + JUDGED);
    const { logits } = await session.run({ image: tensorOf(judged, sideOf(network)) });
    const { data, shape } = logits as Tensor;
    const classes = shape[1] as number;
    for (const [i, { label }] of judged.entries())
      if (rankOf(data as Float32Array, i * classes, classes, label) === 0) right++;
  }
  await session.release();
  return right / images.length;
}

/** Writes a recognizer with the JSON beside it that says what it is fed: both are there, or the JSON is not. */
export async function writeRecognizer(network: Graph, path: string): Promise<void> {
  await writeModel(network, path);
  const input = { size: sideOf(network), mean: [0, 0, 0], std: [1, 1, 1] };
  await writeBytes(sidecarPath(path), [`${JSON.stringify({ input }, null, 2)}\n`]);
}
