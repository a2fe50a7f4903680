import { basename } from "node:path";
import type { Dataset } from "../data/dataset.js";
import { openLoader } from "../data/loader.js";
import type { Task } from "../data/task.js";
import { UserError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import { readModel } from "../graph/read.js";
import { float32, sizeOf } from "../graph/tensor.js";
import { writeModel } from "../graph/write.js";
import { findLowerings } from "../lowering/index.js";
import { type Card, withCard } from "../networks/card.js";
import { findNetwork } from "../networks/index.js";
import { findObjective } from "../objectives/index.js";
import { fitRecognizer } from "../recognition/fit.js";
import type { PreprocessingOverrides } from "../recognition/preprocessing.js";
import { readRecognizer } from "../recognition/recognizer.js";
import { type Device, Session, type Tensors } from "../runtime/session.js";
import { assertFits } from "./fit-restorer.js";
import { resumed, runSteps, type StepProgress } from "./loop.js";
import { weightsOf } from "./parameters.js";
import { processorForward } from "./processor-forward.js";
import { ownRestorer, type Restorer, readRestorer } from "./restorer.js";
import { RunFolder, type TrainingConfig } from "./run-folder.js";
import { type TrainingStep, trainingStep, withState } from "./step.js";

export interface TrainOptions {
  readonly config: TrainingConfig;
  readonly task: Task;
  readonly dataset: Dataset;
  /** Folder of the run. */
  readonly out: string;
  readonly resume?: boolean;
  readonly preprocessing?: PreprocessingOverrides;
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
  /** Trained values. */
  readonly parameters: number;
  /** Values that could be trained and are kept as they are. */
  readonly frozen: number;
  /** Names of P's float initializers that are no weights, by what they are: "running statistics", … */
  readonly constant: ReadonlyMap<string, readonly string[]>;
  /** How the recognizer sees the crops; null without one. */
  readonly view: string | null;
  /** What is worth knowing of how the models are computed: half precision, quantization. */
  readonly notes: readonly string[];
}

export interface TrainingResult {
  /** Steps done; fewer than asked for when it was stopped. */
  readonly step: number;
  /** The trained processor. */
  readonly model: string;
  /** Images that could not be read, with the reason. */
  readonly broken: ReadonlyMap<string, string>;
}

/**
 * Trains a processor and leaves `model.onnx` in the run's folder. The same configuration gives the same weights,
 * however often the run was stopped and resumed.
 * @throws UserError when something in the configuration, the models or the data does not fit.
 */
export async function train(options: TrainOptions): Promise<TrainingResult> {
  const { config, dataset, task } = options;
  const prepared = await prepare(options);
  const folder = await RunFolder.open(options.out, config, options.resume ?? false);
  const session = await Session.create(prepared.step.graph, options);
  const start = await resumed(folder, prepared.step);
  const { batch, crop, seed, steps, lr } = config;
  const loader = openLoader({ dataset, task, batch, crop, seed, firstStep: start.step });
  options.onStart?.({
    device: session.device,
    step: start.step,
    ...weightCounts(prepared.restorer.graph, prepared.step.parameters),
    view: prepared.card.recognizer?.view ?? null,
    notes: prepared.notes,
  });
  const { step, state } = await runSteps(
    {
      ...{ folder, step: prepared.step, session, steps, lr, checkpointEvery: options.checkpointEvery },
      signal: options.signal,
      batch: () => nextBatch(loader, prepared.step),
      squaredError: "loss.image",
      ...(options.onStep && { onStep: options.onStep }),
    },
    start,
  ).finally(async () => {
    await loader.close();
    await session.release();
  });
  const { graph, sidecar } = prepared.restorer;
  if (sidecar !== null) await folder.writeSidecar(sidecar);
  await writeModel(withCard(withState(graph, state), { ...prepared.card, steps: step }), folder.modelPath);
  return { step, model: folder.modelPath, broken: loader.broken };
}

/** Reads the models and makes the graph of a step. */
async function prepare({ config, task, dataset, preprocessing, device }: TrainOptions) {
  const objective = findObjective(config.objective);
  if (config.crop % task.scale)
    throw new UserError(`cannot train on crops of ${config.crop} pixels: not a multiple of the scale ${task.scale}`);
  const restorer = await startingRestorer(config, task.scale);
  if (isFile(config.processor)) await assertFits(restorer, task, config);
  if (objective.needsRecognizer && !config.recognizer)
    throw new UserError(`the objective ${objective.name} needs a recognizer: --recognizer FILE.onnx`);
  const model =
    config.recognizer && objective.needsRecognizer ? await readRecognizer(config.recognizer, preprocessing) : null;
  const recognizer = model && (await fitRecognizer(model, config.batch, config.crop));
  const forward = processorForward({
    processor: restorer.graph,
    format: restorer.format,
    freeze: config.freeze ?? [],
    trainNorms: !isFile(config.processor),
    objective,
    lambda: config.lambda,
    recognizer: recognizer?.graph ?? null,
    batch: config.batch,
    degradedSide: config.crop / task.scale,
    cleanSide: config.crop,
  });
  const step = await trainingStep(forward, findLowerings(config.lowering ?? "all", device ?? "cpu"));
  const card: Card = {
    task: task.name,
    options: task.options,
    scale: task.scale,
    objective: objective.name,
    lambda: config.lambda,
    recognizer: model && recognizer && { name: model.name, sha256: model.sha256, view: recognizer.view },
    network: basename(config.processor),
    init: config.init && basename(config.init),
    ...(config.freeze?.length && { freeze: config.freeze }),
    data: { folders: dataset.folders.map((folder) => basename(folder)), count: dataset.items.length },
    steps: config.steps,
    batch: config.batch,
    crop: config.crop,
    lr: config.lr,
    seed: config.seed,
  };
  const notesOf = (title: string, graph: Graph | undefined) => (graph?.notes ?? []).map((note) => `${title}: ${note}`);
  const notes = [...notesOf(restorer.graph.name, restorer.graph), ...notesOf(model?.name ?? "", model?.graph)];
  return { step, restorer, card, notes };
}

const isFile = (processor: string) => /\.onnx$/i.test(processor);

async function startingRestorer({ processor, init, seed }: TrainingConfig, scale: number): Promise<Restorer> {
  const restorer = isFile(processor)
    ? await readRestorer(processor)
    : ownRestorer(findNetwork(processor, scale).build(scale, seed));
  return init ? { ...restorer, graph: withInit(restorer.graph, await readModel(init), init) } : restorer;
}

/** How many values of a network are trained and how many frozen, and what of it is constant. */
function weightCounts(network: Graph, parameters: readonly string[]) {
  const { trainable, constant } = weightsOf(network);
  const valuesIn = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + sizeOf(network.initializers.get(name)?.shape ?? []), 0);
  const trained = valuesIn(parameters);
  return { parameters: trained, frozen: valuesIn(trainable) - trained, constant };
}

/** The graph with the weights of another of the same make. */
function withInit(graph: Graph, source: Graph, title: string): Graph {
  const taken = [...graph.initializers].map(([name, own]) => {
    const weight = source.initializers.get(name);
    if (weight?.shape.join() === own.shape.join()) return [name, weight] as const;
    throw new UserError(
      `cannot begin with ${title}: it is not a ${graph.name} for this scale (weight "${name}" does not fit)`,
    );
  });
  return { ...graph, initializers: new Map(taken) };
}

async function nextBatch(loader: ReturnType<typeof openLoader>, { graph }: TrainingStep): Promise<Tensors> {
  const { pictures, labels } = await loader.next();
  const shapeOf = (name: string) => graph.inputs.find((input) => input.name === name)?.shape as readonly number[];
  const { degraded, clean } = pictures;
  return {
    degraded: float32(degraded, shapeOf("degraded")),
    clean: float32(clean, shapeOf("clean")),
    labels: { type: "int64", shape: [labels.length], data: labels },
  };
}
