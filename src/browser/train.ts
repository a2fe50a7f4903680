/// <reference lib="dom" />
import type { Sampler } from "../data/restoration-sampler.js";
import { restorationSampler } from "../data/restoration-sampler.js";
import type { Task } from "../data/task.js";
import { denoise } from "../data/tasks/denoise.js";
import { jpegKind } from "../data/tasks/jpeg-kind.js";
import { sr } from "../data/tasks/sr.js";
import { UserError } from "../errors.js";
import { DEFAULT_DISTANCE, type DistanceName } from "../objectives/distances.js";
import { imageLosses } from "../objectives/image-loss.js";
import { defaultLambda, findObjective } from "../objectives/index.js";
import type { Objective } from "../objectives/objective.js";
import { encodeModel } from "../onnx/encode.js";
import type { Graph } from "../onnx/graph.js";
import { findPasses } from "../passes/index.js";
import { type Card, earlierRecognizers, withCard } from "../processors/card.js";
import { fitProcessor } from "../processors/fit.js";
import { Processor } from "../processors/processor.js";
import type { Tensors } from "../runtime/backend.js";
import { Session } from "../runtime/session.js";
import { psnrOf } from "../training/meter.js";
import { LAMBDA, processorForward, SQUARED_ERROR } from "../training/processor-forward.js";
import { requireRecognitionEffect } from "../training/recognition-effect.js";
import { learningRate } from "../training/schedule.js";
import { scalars, trainingStep, withState } from "../training/step.js";
import { takeStep } from "../training/take-step.js";
import { buildTransformer, DEFAULT_TRANSFORMER, forRecognizers } from "../training/transformer.js";
import type { BrowserTraining, TrainedInBrowser, TrainingStepReport } from "./api.js";
import { throughJpeg } from "./degrade.js";
import { sha256Of } from "./sha256.js";
import { pageBatches } from "./training-batches.js";
import { frozenRecognizer, type PageRecognizer } from "./training-recognizer.js";
import type { Work } from "./work.js";

/** The settings of a training in a page with their defaults. */
interface Settings {
  readonly objective: Objective;
  readonly distance: DistanceName | null;
  readonly lambda: number;
  readonly steps: number;
  readonly batch: number;
  readonly crop: number;
  readonly lr: number;
  readonly seed: number;
  readonly imageLoss: NonNullable<BrowserTraining["imageLoss"]>;
}

/**
 * As `Legible.train`: fine-tunes a processor as `legible train` does for a file, with one batch plan, the same graph of a step
 * and the same schedule. Only the JPEG encoder is the browser's.
 */
export async function train(work: Work, given: BrowserTraining): Promise<TrainedInBrowser> {
  const { models, session: options, signal } = work;
  const processor = models.processor(given.processor);
  const { scale } = await processor.geometry();
  const settings = settingsOf(given);
  const { batch, crop, steps, seed, objective, lambda } = settings;
  const task = taskOf(given, scale);
  if (crop % scale) throw new UserError(`\`crop\` is ${crop}; expected a multiple of the scale ${scale}`);
  const { group } = await fitProcessor(processor, task, { batch, crop });
  if (group !== null && group !== batch)
    throw new UserError(`${processor.name} runs in groups of ${group} images; set \`batch\` to ${group}`);
  const recognizer = await recognizerOf(work, given, settings);
  const sampler: Sampler = restorationSampler(task, crop);
  const batches = await pageBatches(given, sampler, {
    batch,
    seed,
    crop,
    scale,
    labeled: objective.reads === "scores",
  });
  const transformer = objective.transforms ? buildTransformer(DEFAULT_TRANSFORMER, seed) : null;
  const forward = processorForward({
    ...{ processor: processor.graph, format: processor.format, trainNorms: false, objective },
    ...{ imageLoss: settings.imageLoss, distance: settings.distance, batch, transformer },
    recognizers: recognizer ? [recognizer] : [],
    degradedSide: crop / scale,
    cleanSide: crop,
  });
  const first = async () => [await batches(0), await batches(1), await batches(2)];
  const step = await trainingStep(forward, findPasses("all", options.device ?? "cpu"), first);
  const graph = { step, session: await Session.create(step.graph, options) };
  const losses: TrainingStepReport[] = [];
  let { state } = step;
  try {
    for (let at = 0; at < steps; at++) {
      signal.throwIfAborted();
      const feeds: Tensors = { ...(await batches(at)), ...scalars({ [LAMBDA]: lambda }) };
      const taken = await takeStep(graph, state, feeds, { lr: learningRate(settings.lr, at, steps), at });
      if (at === 0 && recognizer && lambda > 0)
        await requireRecognitionEffect(graph, taken.feeds, taken.results, [recognizer.model.name]);
      state = taken.state;
      const psnr = psnrOf(Number(taken.results[SQUARED_ERROR]?.data[0]));
      losses.push({ step: at + 1, steps, losses: taken.losses, psnr });
      work.onStep(losses.at(-1) as TrainingStepReport);
      work.onProgress((at + 1) / steps);
      await nextTask();
    }
  } finally {
    await graph.session.release();
  }
  const card = cardOf(given, settings, { task, recognizer, count: given.images.length, start: processor.card });
  const trained = withState(processor.graph, state, step.names);
  const both = transformer && forRecognizers({ ...processor, graph: trained }, withState(transformer, state));
  return finished(work, processor, { trained, both, card, losses });
}

/** Lets messages of the page be handled, such as a cancellation. */
const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** @throws UserError for a setting out of range. */
function settingsOf(given: BrowserTraining): Settings {
  const { steps, batch = 4, crop = 96, lr = 1e-4, seed = 0, imageLoss = "mse" } = given;
  for (const [name, value] of Object.entries({ steps, batch, crop }))
    if (!Number.isInteger(value) || value < 1)
      throw new UserError(`\`${name}\` is ${value}; expected a whole number of 1 or more`);
  if (!(lr > 0 && Number.isFinite(lr))) throw new UserError(`\`lr\` is ${lr}; expected a number above 0`);
  if (!Number.isInteger(seed)) throw new UserError(`\`seed\` is ${seed}; expected a whole number`);
  if (!imageLosses.includes(imageLoss))
    throw new UserError(`\`imageLoss\` is ${imageLoss}; expected one of ${imageLosses.join(", ")}`);
  const objective = findObjective(given.objective ?? "unsupervised");
  const distance = objective.reads === "output" ? DEFAULT_DISTANCE : null;
  const lambda = given.lambda ?? defaultLambda(objective, distance);
  if (!(lambda >= 0 && Number.isFinite(lambda))) throw new UserError(`\`lambda\` is ${lambda}; expected 0 or more`);
  return { objective, distance, lambda, steps, batch, crop, lr, seed, imageLoss };
}

/** @throws UserError when the task does not fit the processor, or its strength is out of range. */
function taskOf({ task, strength, processor }: BrowserTraining, scale: number): Task {
  if ((task === "sr") !== scale > 1)
    throw new UserError(`${processor.name} has scale ${scale}, which does not fit the task ${task}`);
  if (task === "sr") return sr.create({ scale });
  const range = strength && (strength[0] === strength[1] ? strength[0] : strength);
  if (task === "denoise") return denoise.create(range === undefined ? {} : { sigma: range });
  if (task === "jpeg") return jpegKind(throughJpeg).create(range === undefined ? {} : { quality: range });
  throw new UserError(`\`task\` is ${task}; expected sr, denoise or jpeg`);
}

/** The frozen recognizer; undefined if the objective has none. @throws UserError when it is missing or has no gradient. */
async function recognizerOf(
  { models }: Work,
  { recognizer }: BrowserTraining,
  { objective, batch, crop }: Settings,
): Promise<PageRecognizer | undefined> {
  if (objective.reads === null) return undefined;
  if (!recognizer) throw new UserError(`the objective ${objective.name} needs a \`recognizer\``);
  return frozenRecognizer(models.recognizer(recognizer), { reads: objective.reads, batch, crop });
}

interface CardParts {
  readonly task: Task;
  readonly recognizer: PageRecognizer | undefined;
  /** Number of images. */
  readonly count: number;
  /** The card of the processor before the training. */
  readonly start: Card | null;
}

/** The card of the trained processor, as Node.js writes it. */
function cardOf(
  { processor }: BrowserTraining,
  settings: Settings,
  { task, recognizer, count, start }: CardParts,
): Card {
  const { objective, distance, lambda, imageLoss, steps, batch, crop, lr, seed } = settings;
  return {
    ...{ task: task.name, options: task.options, scale: task.scale, objective: objective.name, lambda },
    ...(imageLoss !== "mse" && { imageLoss }),
    ...(distance && { distance }),
    recognizers: recognizer
      ? [
          {
            ...{ name: recognizer.model.name, sha256: recognizer.model.sha256, view: recognizer.view, weight: 1 },
            ...(recognizer.features && { features: [...recognizer.features] }),
          },
        ]
      : [],
    ...earlierRecognizers(recognizer ? [recognizer.model] : [], [start]),
    ...(objective.transforms && { transformer: DEFAULT_TRANSFORMER }),
    ...{ network: processor.name, init: null, data: { folders: ["(images of a page)"], count } },
    ...{ steps, batch, crop, lr, seed },
  };
}

interface Finished {
  readonly trained: Graph;
  /** The processor followed by the transformer; null without one. */
  readonly both: Graph | null;
  readonly card: Card;
  readonly losses: readonly TrainingStepReport[];
}

/** Encodes the trained processor and holds it. */
async function finished(
  { models, session, signal }: Work,
  original: Processor,
  { trained, both, card, losses }: Finished,
): Promise<TrainedInBrowser> {
  const graph = withCard(trained, card);
  const bytes = encodeModel(graph);
  const name = `${original.name}-tuned`;
  const source = { name, format: original.format, sha256: await sha256Of(bytes) };
  const processor = new Processor(
    graph,
    { ...source, ...(original.sidecar !== undefined && { sidecar: original.sidecar }) },
    session,
  );
  const { scale } = await processor.geometry();
  if (signal.aborted) await processor.release();
  // The page never gets the number of a processor whose training it has canceled, so it could not release it.
  signal.throwIfAborted();
  const described = models.addProcessor(processor, { name, scale, bytes: bytes.length, card });
  const file = blobOf(bytes);
  const second = both && blobOf(encodeModel(withCard(both, { ...card, forRecognizers: true })));
  return { processor: described, file, card, losses, ...(second && { forRecognizers: second }) };
}

const blobOf = (bytes: Uint8Array<ArrayBuffer>): Blob => new Blob([bytes], { type: "application/octet-stream" });
