import { basename } from "node:path";
import type { Dataset } from "../data/dataset.js";
import { type Loader, openLoader } from "../data/loader.js";
import type { Task } from "../data/task.js";
import { DEFAULT_DISTANCE } from "../objectives/distances.js";
import type { Graph } from "../onnx/graph.js";
import { float32, sizeOf } from "../onnx/tensor.js";
import { collectGarbage } from "../platform/node/garbage.js";
import { writeModel } from "../platform/node/models.js";
import { type Card, withCard } from "../processors/card.js";
import type { Processor } from "../processors/processor.js";
import { requireClasses } from "../recognition/classes.js";
import type { RecognizerSettings } from "../recognition/recognizer.js";
import { type Device, Session, type Tensors } from "../runtime/session.js";
import type { TrainingRecognizer } from "./frozen-recognizers.js";
import { resumed, runSteps, type StepProgress } from "./loop.js";
import { type PreparedStep, prepareStep, withoutFrozenWeights } from "./prepare.js";
import { LAMBDA, SQUARED_ERROR } from "./processor-forward.js";
import { RunFolder, type SettledConfig, TrainingConfig } from "./run-folder.js";
import { lambdaAt } from "./schedule.js";
import { scalars, type TrainingStep, withState } from "./step.js";
import { forRecognizers } from "./transformer.js";

/** What to train, on which images, and where to write. */
export interface TrainOptions {
  readonly config: TrainingConfig;
  readonly task: Task;
  readonly dataset: Dataset;
  /** Folder of the run. */
  readonly out: string;
  readonly resume?: boolean;
  /** How the recognizers want their images and which output counts, where that differs from what their files say. */
  readonly preprocessing?: RecognizerSettings;
  readonly device?: Device;
  readonly threads?: number;
  /** A checkpoint is written after every so many steps. Default: 100. */
  readonly checkpointEvery?: number;
  /** Asks to stop after the step in hand; a checkpoint is written. */
  readonly signal?: AbortSignal;
  readonly onStart?: (start: TrainingStart) => void;
  readonly onStep?: (progress: StepProgress) => void;
}

export interface TrainingStart {
  readonly device: Device;
  /** Steps done in earlier sittings. */
  readonly step: number;
  /** Values of P that are trained. */
  readonly parameters: number;
  /** Values of T, the network between P and R; 0 without one. */
  readonly transformer: number;
  /** Values of P that could be trained and are kept as they are. */
  readonly frozen: number;
  /** Names of P's float initializers that are no weights, by what they are: "running statistics", … */
  readonly constant: ReadonlyMap<string, readonly string[]>;
  /** The recognizers, how each sees the crops, and which values inside are compared, if any. */
  readonly recognizers: readonly Pick<TrainingRecognizer, "view" | "weight" | "features">[];
  /** What is worth knowing of how the models are computed: half precision, quantization. */
  readonly notes: readonly string[];
}

/** The files and the state that a training leaves. */
export interface TrainingResult {
  /** Steps done; fewer than asked for when it was stopped. */
  readonly step: number;
  /** The trained processor. */
  readonly model: string;
  /** The same with the transformer behind it; null without one. */
  readonly forRecognizers: string | null;
  /** Images that could not be read, with the reason. */
  readonly broken: ReadonlyMap<string, string>;
}

/**
 * Trains a processor and leaves `model.onnx` in the run's folder. The same configuration gives the same weights,
 * however often the run was stopped and resumed.
 * @throws UserError when something in the configuration, the models or the data does not fit.
 */
export async function train(options: TrainOptions): Promise<TrainingResult> {
  const { dataset, task } = options;
  const config = TrainingConfig.parse(options.config);
  const { prepared, folder, session } = await begun(options, config);
  collectGarbage();
  const start = await resumed(folder, prepared.step);
  const { batch, crop, seed, steps, lr, lrDrops } = config;
  const loader = openLoader({ dataset, task, batch, crop, seed, firstStep: start.step });
  options.onStart?.({
    device: session.device,
    step: start.step,
    ...weightCounts(prepared.processor, prepared.transformer, prepared.step.parameters),
    recognizers: prepared.recognizers,
    notes: prepared.notes,
  });
  const { step, state } = await runSteps(
    {
      ...{ folder, step: prepared.step, session, steps, lr, lrDrops, checkpointEvery: options.checkpointEvery },
      signal: options.signal,
      batch: async (at) => ({
        ...(await nextBatch(loader, prepared.step)),
        ...scalars({ [LAMBDA]: lambdaAt(config.lambda, at, config.lambdaWarmup) }),
      }),
      squaredError: SQUARED_ERROR,
      ...(options.onStep && { onStep: options.onStep }),
    },
    start,
  ).finally(async () => {
    await loader.close();
    await session.release();
  });
  const { processor, transformer } = prepared;
  const card = { ...cardFor(config, prepared, options), steps: step };
  const trained = { format: processor.format, graph: withState(processor.graph, state) };
  if (processor.sidecar !== undefined) await folder.writeSidecar(processor.sidecar);
  if (transformer) {
    const both = forRecognizers(trained, withState(transformer, state));
    await writeModel(withCard(both, { ...card, forRecognizers: true }), folder.forRecognizersPath);
  }
  await writeModel(withCard(trained.graph, card), folder.modelPath);
  const forRecognizersPath = transformer && folder.forRecognizersPath;
  return { step, model: folder.modelPath, forRecognizers: forRecognizersPath, broken: loader.broken };
}

/** @throws UserError when a recognizer does not know the class of a picture: its loss would say nothing there. */
function requireKnown(recognizers: readonly TrainingRecognizer[], { items }: Dataset): void {
  for (const { model, graph } of recognizers)
    requireClasses({ ...model, classes: graph.outputs[0]?.shape?.[1] as number }, items, "train with");
}

/** Everything but the data. Recognizers can be large: from here on their weights are in the session alone. */
async function begun(options: TrainOptions, config: SettledConfig) {
  const prepared = await prepareStep({ ...options, config });
  if (prepared.objective.needsLabels) requireKnown(prepared.recognizers, options.dataset);
  const folder = await RunFolder.open(options.out, config, options.resume ?? false);
  const session = await Session.create(prepared.step.graph, options);
  return { prepared: withoutFrozenWeights(prepared), folder, session };
}

/** What the trained processor will say of itself, before its steps are known. */
const cardFor = (
  config: SettledConfig,
  { objective, recognizers }: PreparedStep,
  { task, dataset }: TrainOptions,
): Omit<Card, "steps"> => ({
  task: task.name,
  options: task.options,
  scale: task.scale,
  objective: objective.name,
  lambda: config.lambda,
  ...(config.lambdaWarmup > 0 && { lambdaWarmup: config.lambdaWarmup }),
  ...(config.imageLoss !== "mse" && { imageLoss: config.imageLoss }),
  ...(objective.reads === "output" && { distance: config.distance ?? DEFAULT_DISTANCE }),
  recognizers: recognizers.map(({ model: { name, sha256 }, view, weight, features }) => ({
    name,
    sha256,
    view,
    weight,
    ...(features && { features: [...features] }),
  })),
  ...(config.featureWeight > 0 && { featureWeight: config.featureWeight }),
  ...(objective.transforms && { transformer: config.transformer }),
  network: basename(config.processor),
  init: config.init && basename(config.init),
  ...(config.freeze.length > 0 && { freeze: config.freeze }),
  data: {
    folders: dataset.folders.map((folder) => basename(folder)),
    ...(dataset.selection && { selection: dataset.selection }),
    count: dataset.items.length,
  },
  batch: config.batch,
  crop: config.crop,
  lr: config.lr,
  ...(config.lrDrops.length > 0 && { lrDrops: config.lrDrops }),
  seed: config.seed,
});

/** How many values of P and of T are trained, how many of P are frozen, and what of it is constant. */
function weightCounts({ graph, weights }: Processor, transformer: Graph | null, trained: readonly string[]) {
  const { trainable, constant } = weights;
  const valuesIn = ({ initializers }: Graph, names: readonly string[]) =>
    names.reduce((sum, name) => sum + sizeOf(initializers.get(name)?.shape ?? [0]), 0);
  const parameters = valuesIn(graph, trained);
  const frozen = valuesIn(graph, trainable) - parameters;
  return { parameters, transformer: transformer ? valuesIn(transformer, trained) : 0, frozen, constant };
}

async function nextBatch(loader: Loader<"degraded" | "clean">, { graph }: TrainingStep): Promise<Tensors> {
  const { pictures, labels } = await loader.next();
  const shapeOf = (name: string) => graph.inputs.find((input) => input.name === name)?.shape as readonly number[];
  const { degraded, clean } = pictures;
  return {
    degraded: float32(degraded, shapeOf("degraded")),
    clean: float32(clean, shapeOf("clean")),
    labels: { type: "int64", shape: [labels.length], data: labels },
  };
}
