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
import { resumed, runSteps, type StepProgress } from "./loop.js";
import { notesOf, prepareStep, withoutFrozenWeights } from "./prepare.js";
import { LAMBDA, SQUARED_ERROR } from "./processor-forward.js";
import { requireRecognitionEffect } from "./recognition-effect.js";
import { cardFor, type ResolvedTraining, resolveTraining, type TrainingObjects } from "./resolve.js";
import { RunFolder } from "./run-folder.js";
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
  /** Intra-op threads of ONNX Runtime. Default: one per core. */
  readonly threads?: number;
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
  /** The recognizers, each with its view of the crops and its compared feature maps, if any. */
  readonly recognizers: readonly Pick<TrainingRecognizer, "view" | "weight" | "features">[];
  /** Notes on how the models are computed, such as half precision or quantization. */
  readonly notes: readonly string[];
}

/** The files and the final state of a training. */
export interface TrainingResult {
  /** Completed steps; fewer than `steps` if the run was interrupted. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** The file of the trained processor. */
  readonly model: string;
  /** The file of the processor followed by the transformer; null without a transformer. */
  readonly forRecognizers: string | null;
  /** Images that could not be read, with the reason. */
  readonly broken: ReadonlyMap<string, string>;
}

/**
 * Trains a processor and writes `model.onnx` to the run's folder. The same settings give the same weights, however often
 * the run was interrupted and resumed. With `resume`, settings that are not given are those of the run in the folder.
 * @example
 * const { model } = await train({ data: ["photos"], processor: "compact-s", steps: 2000, out: "runs/plain" });
 * @throws UserError when a setting, a model or an image does not fit, or a resumed run would have another result.
 */
export async function train(options: TrainOptions): Promise<TrainingResult> {
  const { out, resume, device, threads, checkpointEvery, signal, onStart, onStep, task, dataset, ...given } = options;
  const earlier = resume ? (await RunFolder.recordIn(out))?.settings : undefined;
  const objects = { ...(typeof task === "object" && { task }), ...(dataset && { dataset }) };
  const settings = { ...earlier, ...given, ...(typeof task === "string" && { task }) };
  return runTraining(await resolveTraining(settings as TrainingSettings, objects), options);
}

/**
 * Runs a resolved training.
 * @throws UserError when the run's folder holds another run, the loss is no longer finite, or the recognition loss has no
 * gradient in the first step.
 */
export async function runTraining(training: ResolvedTraining, options: RunOptions): Promise<TrainingResult> {
  const { config, task, dataset } = training;
  const { folder, session, step: graphs, recognizers, notes } = await started(training, options);
  collectGarbage();
  const start = await resumed(folder, graphs);
  const { batch, crop, seed, steps, lr, lrDrops, lambda, lambdaWarmup } = config;
  const loader = openLoader({ dataset, task, batch, crop, seed, firstStep: start.step });
  const { processor, transformer } = training;
  const counts = weightCounts(processor, transformer, graphs.parameters);
  options.onStart?.({ device: session.device, step: start.step, ...counts, recognizers, notes });
  const checkFirst = (feeds: Tensors, results: Tensors) =>
    requireRecognitionEffect(
      session,
      graphs,
      feeds,
      results,
      recognizers.map(({ model }) => model.name),
    );
  const { step, state } = await runSteps(
    {
      ...{ folder, step: graphs, session, steps, lr, lrDrops, checkpointEvery: options.checkpointEvery },
      signal: options.signal,
      batch: async (at) => ({
        ...(await nextBatch(loader, graphs)),
        ...scalars({ [LAMBDA]: lambdaAt(lambda, at, lambdaWarmup) }),
      }),
      ...(recognizers.length > 0 && lambda > 0 && { checkFirst }),
      squaredError: SQUARED_ERROR,
      ...(options.onStep && { onStep: options.onStep }),
    },
    start,
  ).finally(async () => {
    await loader.close();
    await session.release();
  });
  const card = cardFor(training, step);
  const trained = { format: processor.format, graph: withState(processor.graph, state) };
  if (processor.sidecar !== undefined) await folder.writeSidecar(processor.sidecar);
  if (transformer) {
    const both = forRecognizers(trained, withState(transformer, state));
    await writeModel(withCard(both, { ...card, forRecognizers: true }), folder.forRecognizersPath);
  }
  await writeModel(withCard(trained.graph, card), folder.modelPath);
  const forRecognizersPath = transformer && folder.forRecognizersPath;
  return { step, steps, model: folder.modelPath, forRecognizers: forRecognizersPath, broken: loader.broken };
}

/** Opens folder and session. Recognizers can be large, so after this only the session holds their weights. */
async function started(training: ResolvedTraining, options: RunOptions) {
  const step = await prepareStep(training, options.device);
  const folder = await RunFolder.open(options.out, training.record, options.resume ?? false);
  const session = await Session.create(step.graph, options);
  const { processor } = training;
  const rounding = roundingNotes(processor.graph).map((note) => `${processor.name}: ${note}`);
  return {
    folder,
    session,
    notes: [...notesOf(training), ...rounding],
    ...withoutFrozenWeights(step, training.recognizers),
  };
}

/** Numbers of trained and frozen values of P and of T, and P's constants. */
function weightCounts({ graph, weights }: Processor, transformer: Graph | null, trained: readonly string[]) {
  const { trainable, constant } = weights;
  const valuesIn = ({ initializers }: Graph, names: readonly string[]) =>
    names.reduce((sum, name) => sum + sizeOf(initializers.get(name)?.shape ?? [0]), 0);
  const parameters = valuesIn(graph, trained);
  const frozen = valuesIn(graph, trainable) - parameters;
  return { parameters, transformer: transformer ? valuesIn(transformer, trained) : 0, frozen, constant };
}

async function nextBatch(loader: Loader<"degraded" | "clean">, { graph }: TrainingStep): Promise<Tensors> {
  const { images, labels } = await loader.next();
  const shapeOf = (name: string) => graph.inputs.find((input) => input.name === name)?.shape as readonly number[];
  const { degraded, clean } = images;
  return {
    degraded: float32(degraded, shapeOf("degraded")),
    clean: float32(clean, shapeOf("clean")),
    labels: { type: "int64", shape: [labels.length], data: labels },
  };
}
