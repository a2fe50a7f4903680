import { z } from "zod";
import { classOf } from "../data/annotation.js";
import { Augmentation } from "../data/augmentation.js";
import type { LabelledSets } from "../data/labelled-sets.js";
import { openRecognitionLoader } from "../data/loader.js";
import { buildRecognizer } from "../networks/recognizers/index.js";
import type { Graph } from "../onnx/graph.js";
import { float32, sizeOf } from "../onnx/tensor.js";
import { findPasses } from "../passes/index.js";
import { writeModel } from "../platform/node/models.js";
import { type Device, Session, type SessionOptions } from "../runtime/session.js";
import { type HeldOutAccuracy, heldOutAccuracy } from "./held-out-accuracy.js";
import { resumed, runSteps, type StepProgress } from "./loop.js";
import { recognizerForward, sideOf } from "./recognizer-forward.js";
import { DataSelection, RunFolder } from "./run-folder.js";
import { trainingStep, withState } from "./step.js";

/** Everything that decides what a recognizer's run computes. */
export const RecognizerConfig = z.object({
  /** Name of the network. */
  network: z.string(),
  data: z.array(z.string()),
  /** With a split, the other part is held out. */
  selection: DataSelection,
  /** Folders to judge on instead. */
  validation: z.array(z.string()),
  /** Side of the pictures in pixels. */
  size: z.number().int().positive(),
  steps: z.number().int().positive(),
  batch: z.number().int().positive(),
  /** Highest learning rate of Adam. */
  lr: z.number().positive(),
  seed: z.number().int(),
  /** Share of each label that is spread over all classes. */
  smoothing: z.number().min(0).lt(1),
  augmentation: Augmentation,
});
export type RecognizerConfig = z.input<typeof RecognizerConfig>;

export interface RecognizerTraining extends SessionOptions {
  readonly config: RecognizerConfig;
  /** The pictures that `config` names. */
  readonly sets: LabelledSets;
  /** Folder of the run. */
  readonly out: string;
  readonly resume?: boolean;
  /** A checkpoint is written after every so many steps. Default: 100. */
  readonly checkpointEvery?: number;
  /** Asks to stop after the step in hand; a checkpoint is written. */
  readonly signal?: AbortSignal;
  readonly onStart?: (start: RecognizerStart) => void;
  readonly onStep?: (progress: StepProgress) => void;
}

export interface RecognizerStart {
  readonly device: Device;
  /** Steps done in earlier sittings. */
  readonly step: number;
  /** Trained values. */
  readonly parameters: number;
}

export interface RecognizerResult {
  /** Steps done; fewer than asked for when it was stopped. */
  readonly step: number;
  /** The trained recognizer; null when it was stopped. */
  readonly model: string | null;
  /** Null when it was stopped or nothing was held out. */
  readonly accuracy: HeldOutAccuracy | null;
  /** Training pictures that could not be read, with the reason. */
  readonly broken: ReadonlyMap<string, string>;
}

/**
 * Trains a classifier from scratch by cross-entropy and leaves `model.onnx` in the run's folder, with the JSON that says
 * what it is fed. The same configuration gives the same weights, however often the run was stopped and resumed.
 * @throws UserError when something in the configuration or the data does not fit.
 */
export async function trainRecognizer(options: RecognizerTraining): Promise<RecognizerResult> {
  const { sets, signal } = options;
  const config = RecognizerConfig.parse(options.config);
  const { size, batch, seed, steps, lr, augmentation } = config;
  const network = buildRecognizer(config.network, sets.classes, size, seed);
  const training = await trainingStep(
    recognizerForward(network, batch, config.smoothing),
    findPasses("all", options.device ?? "cpu"),
  );
  const folder = await RunFolder.open(options.out, config, options.resume ?? false, RecognizerConfig);
  const session = await Session.create(training.graph, options);
  const start = await resumed(folder, training);
  const loader = openRecognitionLoader({
    dataset: sets.training,
    size,
    augmentation,
    batch,
    seed,
    firstStep: start.step,
  });
  const parameters = training.parameters.reduce((sum, name) => sum + sizeOf(start.state[name]?.shape ?? []), 0);
  options.onStart?.({ device: session.device, step: start.step, parameters });
  const nextBatch = async () => {
    const { pictures, labels } = await loader.next();
    return {
      image: float32(pictures.image, [batch, 3, size, size]),
      labels: { type: "int64", shape: [batch], data: labels } as const,
    };
  };
  const { checkpointEvery, onStep } = options;
  const { step, state } = await runSteps(
    {
      folder,
      session,
      step: training,
      steps,
      lr,
      checkpointEvery,
      signal,
      batch: nextBatch,
      ...(onStep && { onStep }),
    },
    start,
  ).finally(async () => {
    await loader.close();
    await session.release();
  });
  const { broken } = loader;
  if (step < steps) return { step, model: null, accuracy: null, broken };
  const trained = withState(network, state);
  const accuracy = sets.heldOut && (await heldOutAccuracy(trained, sets.heldOut, options));
  await write(trained, folder, { names: sets.names, learned: learnedOf(sets), accuracy });
  return { step, model: folder.modelPath, accuracy, broken };
}

/** The classes of the training pictures, where these are not all; else null. */
function learnedOf({ training, classes }: LabelledSets): number[] | null {
  const learned = new Set(training.items.flatMap((item) => classOf(item) ?? []));
  return learned.size < classes ? [...learned].sort((a, b) => a - b) : null;
}

interface Facts {
  readonly names: readonly string[] | null;
  readonly learned: readonly number[] | null;
  readonly accuracy: HeldOutAccuracy | null;
}

/** Writes a recognizer with the JSON beside it that says what it is fed: both are there, or the JSON is not. */
async function write(network: Graph, folder: RunFolder, { names, learned, accuracy }: Facts): Promise<void> {
  await writeModel(network, folder.modelPath);
  const sidecar = {
    input: { size: sideOf(network), mean: [0, 0, 0], std: [1, 1, 1] },
    ...(names && { classes: names }),
    ...(learned && { learned }),
    ...(accuracy && { accuracy }),
  };
  await folder.writeSidecar(`${JSON.stringify(sidecar, null, 2)}\n`);
}
