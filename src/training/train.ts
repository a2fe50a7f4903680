import { basename } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Dataset } from "../data/dataset.js";
import { type Loader, openLoader } from "../data/loader.js";
import type { Task } from "../data/task.js";
import { UserError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import { sizeOf } from "../graph/tensor.js";
import { writeModel } from "../graph/write.js";
import { type Card, withCard } from "../networks/card.js";
import type { PreprocessingOverrides } from "../recognition/preprocessing.js";
import { type Device, Session, type Tensors } from "../runtime/session.js";
import { adamScalars } from "./adam.js";
import { weightsOf } from "./parameters.js";
import { type PreparedStep, prepareStep } from "./prepare.js";
import { RunFolder, type TrainingConfig } from "./run-folder.js";
import { learningRate } from "./schedule.js";
import { nextState, scalar, type TrainingStep, withState } from "./step.js";

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
  readonly onStep?: (progress: TrainingProgress) => void;
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

export interface TrainingProgress {
  readonly step: number;
  readonly lr: number;
  /** The loss and its parts. */
  readonly losses: Readonly<Record<string, number>>;
  /** Of the batch, in dB. */
  readonly psnr: number;
}

export interface TrainingResult {
  /** Steps done; fewer than asked for when it was stopped. */
  readonly step: number;
  /** The trained processor. */
  readonly model: string;
  /** Images that could not be read, with the reason. */
  readonly broken: ReadonlyMap<string, string>;
}

/** Steps over which the log averages. */
const LOG_EVERY = 10;

/**
 * Trains a processor and leaves `model.onnx` in the run's folder. The same configuration gives the same weights,
 * however often the run was stopped and resumed.
 * @throws UserError when something in the configuration, the models or the data does not fit.
 */
export async function train(options: TrainOptions): Promise<TrainingResult> {
  const { config, dataset, task, signal, checkpointEvery = 100 } = options;
  const prepared = await prepareStep(options);
  const card = cardFor(options, prepared.recognizer);
  const folder = await RunFolder.open(options.out, config, options.resume ?? false);
  const session = await Session.create(prepared.step.graph, options);
  const { step: firstStep, state: saved } = (await folder.readCheckpoint()) ?? { step: 0, state: prepared.step.state };
  await folder.rewindLog(firstStep);
  const loader = openLoader({ dataset, task, batch: config.batch, crop: config.crop, seed: config.seed, firstStep });
  options.onStart?.({
    device: session.device,
    step: firstStep,
    ...weightCounts(prepared.restorer.graph, prepared.step.parameters),
    view: card.recognizer?.view ?? null,
    notes: prepared.notes,
  });
  let [step, state] = [firstStep, saved];
  const meter = new Meter();
  try {
    while (step < config.steps && !signal?.aborted) {
      const lr = learningRate(config.lr, step, config.steps);
      const results = await runStep(session, prepared.step, loader, state, lr, step);
      state = nextState(prepared.step, results);
      step++;
      const losses = lossesIn(results);
      meter.add(losses);
      if (step % LOG_EVERY === 0 || step === config.steps) await folder.log({ step, lr, ...meter.take() });
      if (step % checkpointEvery === 0) await folder.writeCheckpoint({ step, state });
      options.onStep?.({ step, lr, losses, psnr: psnrOf(losses) });
      await setImmediate(); // lets signals and the loader's messages in
    }
  } finally {
    await loader.close();
    await session.release();
  }
  if (step > firstStep) await folder.writeCheckpoint({ step, state });
  const { graph, sidecar } = prepared.restorer;
  if (sidecar !== null) await folder.writeSidecar(sidecar);
  await writeModel(withCard(withState(graph, state), { ...card, steps: step }), folder.modelPath);
  return { step, model: folder.modelPath, broken: loader.broken };
}

/** What the trained processor will say of itself. */
const cardFor = ({ config, task, dataset }: TrainOptions, recognizer: PreparedStep["recognizer"]): Card => ({
  task: task.name,
  options: task.options,
  scale: task.scale,
  objective: config.objective,
  lambda: config.lambda,
  recognizer,
  network: basename(config.processor),
  init: config.init && basename(config.init),
  ...(config.freeze?.length && { freeze: config.freeze }),
  data: {
    folders: dataset.folders.map((folder) => basename(folder)),
    ...(dataset.selection && { selection: dataset.selection }),
    count: dataset.items.length,
  },
  steps: config.steps,
  batch: config.batch,
  crop: config.crop,
  lr: config.lr,
  seed: config.seed,
});

/** How many values of a network are trained and how many frozen, and what of it is constant. */
function weightCounts(network: Graph, parameters: readonly string[]) {
  const { trainable, constant } = weightsOf(network);
  const valuesIn = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + sizeOf(network.initializers.get(name)?.shape ?? []), 0);
  const trained = valuesIn(parameters);
  return { parameters: trained, frozen: valuesIn(trainable) - trained, constant };
}

async function runStep(
  session: Session,
  { graph }: TrainingStep,
  loader: Loader,
  state: Tensors,
  lr: number,
  step: number,
): Promise<Tensors> {
  const { degraded, clean, labels } = await loader.next();
  const shapeOf = (name: string) => graph.inputs.find((input) => input.name === name)?.shape as readonly number[];
  const scalars = Object.entries(adamScalars(lr, step + 1)).map(([name, value]) => [name, scalar(value)]);
  return session.run({
    ...state,
    ...Object.fromEntries(scalars),
    degraded: { type: "float32", shape: shapeOf("degraded"), data: degraded },
    clean: { type: "float32", shape: shapeOf("clean"), data: clean },
    labels: { type: "int64", shape: [labels.length], data: labels },
  });
}

/** The outputs `loss` and `loss.NAME` as numbers under "loss" and NAME. */
function lossesIn(results: Tensors): Record<string, number> {
  const found = Object.entries(results).filter(([name]) => /^loss(\.|$)/.test(name));
  const losses = Object.fromEntries(found.map(([name, { data }]) => [name.replace("loss.", ""), Number(data[0])]));
  if (Number.isFinite(losses.loss)) return losses;
  throw new UserError("the loss is no longer a finite number: lower --lr or --lambda and start again");
}

const psnrOf = ({ image }: Readonly<Record<string, number>>) => -10 * Math.log10(image ?? Number.NaN);

/** Means of the losses since the last look. */
class Meter {
  private sums: Record<string, number> = {};
  private count = 0;

  add(losses: Readonly<Record<string, number>>): void {
    this.count++;
    for (const [name, value] of Object.entries(losses)) this.sums[name] = (this.sums[name] ?? 0) + value;
  }

  take(): Record<string, number> {
    const means = Object.fromEntries(Object.entries(this.sums).map(([name, sum]) => [name, sum / this.count]));
    [this.sums, this.count] = [{}, 0];
    return { ...means, psnr: psnrOf(means) };
  }
}
