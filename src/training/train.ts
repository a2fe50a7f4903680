import { type Loader, openLoader } from "../data/loader.js";
import type { Graph } from "../onnx/graph.js";
import { float32, sizeOf } from "../onnx/tensor.js";
import { collectGarbage } from "../platform/node/garbage.js";
import { writeModel } from "../platform/node/models.js";
import { withCard } from "../processors/card.js";
import type { Processor } from "../processors/processor.js";
import { roundingNotes } from "../recognition/input.js";
import { type Device, Session, type Tensors } from "../runtime/session.js";
import type { TrainingRecognizer } from "./frozen-recognizers.js";
import { handlingFeeds } from "./handling/random-handling.js";
import { labelFeeds } from "./label-feeds.js";
import { inTurn, resumed, runSteps, type StepProgress } from "./loop.js";
import { notesOf, prepareStep, rotation, withoutFrozenWeights, withoutWeights } from "./prepare.js";
import { LAMBDA, SQUARED_ERROR } from "./processor-forward.js";
import { requireRecognitionEffect } from "./recognition-effect.js";
import { cardFor, type ResolvedTraining, resolveTraining, type TrainingObjects } from "./resolve.js";
import { type Checkpoint, RunFolder } from "./run-folder.js";
import { lambdaAt } from "./schedule.js";
import type { TrainingSettings } from "./settings.js";
import { scalars, type TrainingStep, withState } from "./step.js";
import { forRecognizers } from "./transformer.js";

/** How a training runs. These options do not affect the result. */
export interface RunOptions {
  /** Folder of the run. */
  readonly out: string;
  /** Whether to resume a run in that folder. If false, a folder that holds a run is an error. Default: false. */
  readonly resume?: boolean;
  /** Default: cpu. */
  readonly device?: Device;
  /** Intra-op threads of ONNX Runtime. Default: as for `SessionOptions`. */
  readonly threads?: number | undefined;
  /** Steps between checkpoints. Default: 100. */
  readonly checkpointEvery?: number;
  /** Stops after the running step; a checkpoint is written. */
  readonly signal?: AbortSignal;
  readonly onStart?: (start: TrainingStart) => void;
  readonly onStep?: (progress: StepProgress) => void;
}

/** Training settings and run options. A task or images may be objects instead of settings. */
export type TrainOptions = Partial<Omit<TrainingSettings, "task">> &
  Omit<TrainingObjects, "task"> &
  RunOptions & {
    /** A task's name, or a task. Default: sr. */
    readonly task?: TrainingSettings["task"] | TrainingObjects["task"];
  };

export interface TrainingStart {
  readonly device: Device;
  /** Steps that were completed before this call. */
  readonly step: number;
  /** Trained values of P. */
  readonly parameters: number;
  /** Trained values of T, the network between P and R; 0 without one. */
  readonly transformer: number;
  /** Trainable values of P that are frozen. */
  readonly frozen: number;
  /** P's float initializers that are not weights, by role: "running statistics", … */
  readonly constant: ReadonlyMap<string, readonly string[]>;
  /** The recognizers, each with its view of the crops and its compared raw heads and feature maps, if any. */
  readonly recognizers: readonly Pick<TrainingRecognizer, "kind" | "view" | "weight" | "heads" | "features">[];
  /** Notes on how the models are computed, such as half precision or quantization. */
  readonly notes: readonly string[];
}

/** The files and the final state of a training. */
export interface TrainingResult {
  /** Completed steps; fewer than `steps` if the run was interrupted. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** The file of the trained processor; missing if the run was interrupted before its first step. */
  readonly model: string;
  /** The file of the processor followed by the transformer; null without a transformer. */
  readonly forRecognizers: string | null;
  /** Images that could not be read, with the reason. */
  readonly broken: ReadonlyMap<string, string>;
  /** Images that were decoded although their file is flawed, with the flaw. */
  readonly flawed: ReadonlyMap<string, string>;
}

/**
 * Trains a processor and writes `model.onnx` to the run's folder. The same settings give the same weights, however often
 * the run was interrupted and resumed. With `resume`, settings that are not given are those of the run in the folder.
 * @example
 * const { model } = await train({ data: ["photos"], processor: "compact-s", steps: 2000, out: "runs/plain" });
 * @throws UserError when a setting, a model or an image does not fit, or a resumed run would have another result.
 */
export async function train(options: TrainOptions): Promise<TrainingResult> {
  const {
    out,
    resume = false,
    device,
    threads,
    checkpointEvery,
    signal,
    onStart,
    onStep,
    task,
    dataset,
    ...given
  } = options;
  await RunFolder.requireUsable(out, resume);
  const named = { ...given, ...(typeof task === "string" && { task }), ...(dataset && { data: [...dataset.folders] }) };
  const earlier = resume ? await RunFolder.settingsIn(out, "processor", named) : undefined;
  const objects = { ...(typeof task === "object" && { task }), ...(dataset && { dataset }) };
  return runTraining(await resolveTraining({ ...earlier, ...named } as TrainingSettings, objects), options);
}

/**
 * Runs a resolved training.
 * @throws UserError when the run's folder holds another run, the loss is no longer finite, or the recognition loss has no
 * gradient in the first step.
 */
export async function runTraining(training: ResolvedTraining, options: RunOptions): Promise<TrainingResult> {
  const folder = await RunFolder.open(options.out, training.record, options.resume ?? false);
  try {
    return await runIn(folder, training, options);
  } finally {
    await folder.close();
  }
}

async function runIn(folder: RunFolder, training: ResolvedTraining, options: RunOptions): Promise<TrainingResult> {
  const { config, task, dataset } = training;
  const { graphs, turns, recognizers, notes } = await started(training, options);
  collectGarbage();
  const [first] = graphs;
  const start = await resumed(folder, first.step, config.steps);
  const { batch, crop, seed, steps, lr, lrDrops, lambda, lambdaWarmup } = config;
  const loader = openLoader({ dataset, task, batch, crop, seed, firstStep: start.step, earlier: start.remarks });
  const { processor, transformer } = training;
  const counts = weightCounts(processor, transformer, first.step);
  options.onStart?.({ device: first.session.device, step: start.step, ...counts, recognizers, notes });
  const checkFirst = (at: number, feeds: Tensors, results: Tensors) =>
    requireRecognitionEffect(
      inTurn(graphs, at),
      feeds,
      results,
      inTurn(turns, at).map(({ model }) => model.name),
    );
  const last = await runSteps(
    {
      ...{ folder, graphs, steps, lr, lrDrops, checkpointEvery: options.checkpointEvery },
      signal: options.signal,
      remarks: loader,
      batch: async (at) => ({
        ...(await nextBatch(loader, { ...training, recognizers: inTurn(turns, at) }, at)),
        ...scalars({ [LAMBDA]: lambdaAt(lambda, at, lambdaWarmup) }),
      }),
      ...(recognizers.length > 0 && lambda > 0 && { checkFirst }),
      squaredError: SQUARED_ERROR,
      ...(options.onStep && { onStep: options.onStep }),
    },
    start,
  ).finally(async () => {
    await loader.close();
    for (const { session } of graphs) await session.release();
  });
  if (last.step > 0) await writeModels(folder, training, first.step, last);
  const forRecognizersPath = transformer && folder.forRecognizersPath;
  const files = { model: folder.modelPath, forRecognizers: forRecognizersPath };
  return { step: last.step, steps, ...files, broken: loader.broken, flawed: loader.flawed };
}

/** Writes the processor with its weights after the last step, and followed by the transformer. */
async function writeModels(
  folder: RunFolder,
  training: ResolvedTraining,
  { names }: Pick<TrainingStep, "names">,
  { step, state }: Checkpoint,
): Promise<void> {
  const { processor, transformer } = training;
  const card = cardFor(training, step);
  const trained = { format: processor.format, graph: withState(processor.graph, state, names) };
  if (processor.sidecar !== undefined) await folder.writeSidecar(processor.sidecar);
  if (transformer) {
    const both = forRecognizers(trained, withState(transformer, state));
    await writeModel(withCard(both, { ...card, forRecognizers: true }), folder.forRecognizersPath);
  }
  await writeModel(withCard(trained.graph, card), folder.modelPath);
}

/** Opens the sessions. Recognizers can be large, so after this only the sessions hold their weights. */
async function started(training: ResolvedTraining, options: RunOptions) {
  const open = async (models: ResolvedTraining) => {
    const step = await prepareStep(models, options.device, () => firstBatches(models));
    const session = await Session.create(step.graph, options);
    return {
      graph: { step: withoutFrozenWeights(step), session },
      recognizers: models.recognizers.map(withoutWeights),
    };
  };
  const [firstModels, ...others] = rotation(training);
  const first = await open(firstModels);
  const rest = [];
  for (const models of others) rest.push(await open(models));
  const opened = [first, ...rest];
  const { processor } = training;
  const rounding = roundingNotes(processor.graph).map((note) => `${processor.name}: ${note}`);
  return {
    graphs: [first.graph, ...rest.map(({ graph }) => graph)] as const,
    turns: opened.map(({ recognizers }) => recognizers),
    recognizers: training.recognizers.map(withoutWeights),
    notes: [...notesOf(training), ...rounding],
  };
}

/** Numbers of trained and frozen values of P and of T, and P's constants. */
function weightCounts(
  { graph, weights }: Processor,
  transformer: Graph | null,
  { parameters: used, names }: TrainingStep,
) {
  const original = new Map([...names].map(([name, inStep]) => [inStep, name]));
  const trained = used.map((name) => original.get(name) ?? name);
  const { trainable, constant } = weights;
  const valuesIn = ({ initializers }: Graph, names: readonly string[]) =>
    names.reduce((sum, name) => sum + sizeOf(initializers.get(name)?.shape ?? [0]), 0);
  const parameters = valuesIn(graph, trained);
  const frozen = valuesIn(graph, trainable) - parameters;
  return { parameters, transformer: transformer ? valuesIn(transformer, trained) : 0, frozen, constant };
}

/** Batches that show how sizes vary which depend on values. */
const SAMPLES = 3;

async function firstBatches(training: ResolvedTraining): Promise<Tensors[]> {
  const { config, task, dataset } = training;
  const { batch, crop, seed } = config;
  const loader = openLoader({ dataset, task, batch, crop, seed });
  try {
    const batches: Tensors[] = [];
    while (batches.length < SAMPLES) batches.push(await nextBatch(loader, training, batches.length));
    return batches;
  } finally {
    await loader.close();
  }
}

async function nextBatch(
  loader: Loader<"degraded" | "clean">,
  {
    config: { batch, crop, seed },
    settings: { after = [] },
    task: { scale },
    objective,
    recognizers,
  }: ResolvedTraining,
  step: number,
): Promise<Tensors> {
  const { images, ...labels } = await loader.next();
  const { degraded, clean } = images;
  return {
    degraded: float32(degraded, [batch, 3, crop / scale, crop / scale]),
    clean: float32(clean, [batch, 3, crop, crop]),
    ...labelFeeds(labels, objective, recognizers, crop),
    ...handlingFeeds(after, { seed, step, batch, side: crop }),
  };
}
