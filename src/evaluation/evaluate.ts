import type { Dataset } from "../data/dataset.js";
import type { HandlingChain } from "../data/handling/chain.js";
import type { Task } from "../data/task.js";
import { UserError } from "../errors.js";
import type { Gate } from "../gate/gate.js";
import type { JobStore } from "../jobs/job.js";
import { recognizersBehind } from "../processors/card.js";
import type { Processor } from "../processors/processor.js";
import type { Judge } from "../recognition/judge.js";
import { type Synonyms, synonymTable } from "../recognition/synonyms.js";
import { BatchRecords, type BatchResult } from "./batch-records.js";
import type { Control } from "./control.js";
import type { Evaluation, EvaluationSetting, Skipped } from "./evaluation.js";
import { digestsOf, gatedRows, withGatedRows } from "./gated-rows.js";
import { type Instruments, measure } from "./measure.js";
import type { MeasuredImage } from "./measured-image.js";
import type { MeasuredEvaluation } from "./measurements.js";
import { writePredictions } from "./predictions.js";
import { defaultProtocol, type ProtocolName, resolveProtocol } from "./protocols.js";
import { batchesOf, type ItemBatch, loadSamples, prefetched, type Sample, SEED, separated, spread } from "./samples.js";
import { summarize } from "./summarize.js";
import { EvaluationWorkers } from "./workers.js";

/** What is evaluated, how, and where results are kept. */
export interface EvaluateOptions {
  dataset: Dataset;
  task: Task;
  /** Compared in this order: each gain is over "none" and over the processors before. */
  processors: readonly Processor[];
  /** A row after those of the processors, with the images of one of them perturbed. Default: none. */
  control?: Control;
  /** A row for each after that of the control: the images of its processor, and those of "none" where it skips them. Default: none. */
  gates?: readonly Gate[];
  /** With none, only PSNR and SSIM are measured, and the images need no annotation. */
  judges: readonly EvaluationJudge[];
  /**
   * What happens to the images of all rows before they are judged again, such as being saved as JPEG: gains are also compared
   * after it. Annotations stay as they are, also for `shift`. Default: nothing.
   */
  handlings?: readonly HandlingChain[];
  /** Names that count as a class among the labels of services, by class, instead of those that follow from its name: `readSynonyms`. */
  synonyms?: ReadonlyMap<number, Synonyms>;
  /** Which part of an image is evaluated, and how it is compared. Default: imagenet; full for detectors and segmenters. */
  protocol?: ProtocolName;
  /** Pixels cropped from each side before PSNR and SSIM; for `full` only. Default: the task's scale, 0 for scale 1. */
  cropBorder?: number;
  /** At most this many images, spread evenly over the data set. Default: all. */
  limit?: number;
  /** Images loaded together, and given to a network at once. Default: 16; 4 for `full`. */
  batch?: number;
  /** File for the predictions of each image (JSON Lines), from which `evaluationFrom` makes the evaluation again. */
  predictions?: string;
  /** Keeps the results of complete batches: if interrupted, the same call with this store computes only the others. */
  store?: JobStore;
  /** Stops before the next batch; batches whose images are judged already are still completed. */
  signal?: AbortSignal;
  onProgress?(done: number, total: number): void;
}

/** A judge; with the hash of its file, an evaluation knows which processors were trained with it. */
type EvaluationJudge = Judge & { readonly sha256?: string };

const DEFAULT_BATCH: Readonly<Record<ProtocolName, number>> = { imagenet: 16, full: 4 };

/**
 * Runs processors and judges over a data set; "none" (the degraded image interpolated) and "clean" are always included.
 * Every image is judged as the 8-bit image that would be saved. Images that cannot be read are skipped and listed.
 * @example
 * const judge = await openClassifier("resnet50.onnx");
 * const evaluation = await evaluate({ dataset, task: findTask("sr"), processors, judges: [judge] });
 * console.log(evaluationTable(evaluation));
 * @throws UserError when a processor does not fit the task, when a judge does not know an image's class, and when no image
 * can be read; the signal's reason when it aborts.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { setting, measurements } = await measureImages(options);
  return summarize(setting, measurements);
}

/** The rows of every evaluation beside those of processors. */
const REFERENCES: readonly string[] = ["none", "clean"];

/** The evaluation before it is summarized, with the predictions of each image. @throws as `evaluate` does. */
export async function measureImages(options: EvaluateOptions): Promise<MeasuredEvaluation> {
  const { dataset, task, processors, control, judges, handlings = [], limit = Number.POSITIVE_INFINITY } = options;
  const { protocol: name = defaultProtocol(judges), batch = DEFAULT_BATCH[name] } = options;
  const protocol = resolveProtocol(name, task.scale, options.cropBorder);
  const names = processors.map((processor) => processor.name);
  const gated = gatedRows(options.gates ?? [], processors);
  const measured = ["none", ...names, ...(control ? [control.setting.name] : []), "clean"];
  const rows = [...measured.slice(0, -1), ...gated.map(({ setting }) => setting.name), "clean"];
  if (control && !names.includes(control.setting.over))
    throw new UserError(
      `the control perturbs the images of "${control.setting.over}", which is none of the processors`,
    );
  const judgeNames = judges.map((judge) => judge.name);
  const reserved = names.find((each) => REFERENCES.includes(each));
  if (reserved !== undefined)
    throw new UserError(
      `a processor cannot be named "${reserved}": that is the row of the ${reserved === "none" ? "degraded" : "original"} images`,
    );
  requireDistinct("processor", rows);
  requireDistinct("recognizer", judgeNames);
  if (handlings.length > 0 && judges.length === 0)
    throw new UserError("`after` compares what judges see: it needs a `recognizer` or `judge`");
  const items = spread(dataset.items, limit);
  for (const judge of judges) await judge.requireKnows(items, "judge");
  // A gate reads them, now or later from the predictions.
  const estimates = gated.length > 0 || options.predictions !== undefined;
  const workers = new EvaluationWorkers(protocol, estimates);
  const measuring = { judges, handlings, workers, estimates, batch };
  const instruments = { task, protocol, processors, ...(control && { control }), ...measuring };
  const results = await measureAll(batchesOf(items, batch), instruments, options).finally(() => workers.close());
  const images = withGatedRows(
    results.flatMap((result) => result.images),
    gated,
  );
  const skipped = [...missingOf(dataset), ...results.flatMap((result) => result.skipped)];
  const flawed = results.flatMap((result) => result.flawed ?? []);
  if (images.length === 0)
    throw new UserError(`none of the ${items.length} images can be evaluated (${skipped[0]?.reason})`);
  const { folders, selection, leftOut = [] } = dataset;
  const omitted = leftOut.map(({ file, reason }): Skipped => ({ file, reason }));
  const setting: EvaluationSetting = {
    ...{ task: task.name, options: task.options, scale: task.scale },
    ...{ protocol: protocol.protocol, crop_border: protocol.cropBorder },
    data: {
      folders,
      ...(selection && { selection }),
      count: images.length,
      skipped,
      ...(omitted.length > 0 && { left_out: omitted }),
      ...(flawed.length > 0 && { flawed }),
    },
    seed: SEED,
    ...synonymsFor(options, images),
    ...judgeSettings(judges),
    ...(control && { control: control.setting }),
    ...(handlings.length > 0 && { after: handlings.map((handling) => handling.name) }),
    ...seenBy(judges, processors),
    ...digestsOf(processors),
    ...(gated.length > 0 && { gates: gated.map(({ setting }) => setting) }),
  };
  const measurements = { processors: rows, judges: judgeNames, images };
  if (options.predictions !== undefined) await writePredictions(options.predictions, setting, measurements);
  return { setting, measurements };
}

/** The synonyms of the classes of the images, by class, if a service judges them. */
function synonymsFor(
  { dataset, judges, synonyms }: EvaluateOptions,
  images: readonly MeasuredImage[],
): Pick<EvaluationSetting, "synonyms"> {
  if (judges.every(({ kind }) => kind !== "labels")) return {};
  const namesOf = synonymTable(dataset.classes ?? [], synonyms);
  const classes = [...new Set(images.flatMap(({ label }) => label ?? []))].sort((a, b) => a - b);
  const known = classes.map((index) => [index, [...namesOf(index)]] as const).filter(([, names]) => names.length > 0);
  return known.length > 0 ? { synonyms: Object.fromEntries(known) } : {};
}

/** The settings of the judges that state some. */
function judgeSettings(judges: readonly Judge[]): Pick<EvaluationSetting, "judge_settings"> {
  const stated = judges.flatMap(({ name, settings }) => (settings ? [[name, settings] as const] : []));
  return stated.length > 0 ? { judge_settings: Object.fromEntries(stated) } : {};
}

/** The processors that were trained with each judge's file, by judge, according to their cards. */
function seenBy(judges: readonly EvaluationJudge[], processors: readonly Processor[]): Pick<EvaluationSetting, "seen"> {
  const seen = judges.flatMap(({ name, sha256 }) => {
    const trained = processors.filter(({ card }) => recognizersBehind(card).some((each) => each.sha256 === sha256));
    return trained.length > 0 ? [[name, trained.map((processor) => processor.name)] as const] : [];
  });
  return seen.length > 0 ? { seen: Object.fromEntries(seen) } : {};
}

const missingOf = ({ missing }: Dataset): Skipped[] => missing.map((file) => ({ file, reason: "listed, but missing" }));

/** Batches that are compared with the clean images while the networks run the next. */
const COMPARING = 2;

/** The results of all batches, in order. */
async function measureAll(
  batches: readonly ItemBatch[],
  instruments: Instruments,
  { store, signal, onProgress }: Pick<EvaluateOptions, "store" | "signal" | "onProgress">,
): Promise<BatchResult[]> {
  const records = store && BatchRecords.open(store, instruments);
  const total = batches.reduce((sum, { items }) => sum + items.length, 0);
  const results: BatchResult[] = [];
  const pending: Promise<BatchResult>[] = [];
  let done = 0;
  for await (const loaded of prefetched(batches, (batch) => beginBatch(batch, instruments, records))) {
    if (signal?.aborted) break;
    const { result } = await finishBatch(loaded, instruments, records);
    result.catch(() => {}); // awaited below, unless another error comes first
    pending.push(result);
    while (pending.length > COMPARING) results.push(await (pending.shift() as Promise<BatchResult>));
    done += loaded.batch.items.length;
    onProgress?.(done, total);
  }
  for (const result of pending) results.push(await result);
  signal?.throwIfAborted();
  return results;
}

/** A batch with its stored result, or with its samples. */
interface LoadedBatch {
  readonly batch: ItemBatch;
  readonly key: string | undefined;
  readonly kept: BatchResult | undefined;
  readonly samples: readonly (Sample | Skipped)[];
}

/** Looks up the stored result of a batch, or begins to load its samples. */
async function beginBatch(
  batch: ItemBatch,
  { task, workers }: Instruments,
  records: BatchRecords | undefined,
): Promise<{ loading: Promise<LoadedBatch> }> {
  const key = await records?.keyOf(batch);
  const kept = key === undefined ? undefined : await records?.get(key);
  const samples = kept ? Promise.resolve([]) : loadSamples(batch, task, workers);
  return { loading: samples.then((loaded) => ({ batch, key, kept, samples: loaded })) };
}

/** Runs the networks on a batch; its result follows once the workers have compared the images and it is stored. */
async function finishBatch(
  { key, kept, samples }: LoadedBatch,
  instruments: Instruments,
  records: BatchRecords | undefined,
): Promise<{ result: Promise<BatchResult> }> {
  if (kept) return { result: Promise.resolve(kept) };
  const { loaded, skipped } = separated(samples);
  const { comparing, unjudged } = await measure(loaded, instruments);
  const stored = async () => {
    const flawed = loaded.flatMap(({ file, flaw }) => (flaw === undefined ? [] : [{ file, reason: flaw }]));
    const images = await comparing;
    const result = { images, skipped: [...skipped, ...unjudged], ...(flawed.length > 0 && { flawed }) };
    // A batch with images that a service has not answered is judged again when the evaluation is resumed.
    if (key !== undefined && unjudged.length === 0) await records?.put(key, result);
    return result;
  };
  return { result: stored() };
}

/**
 * @param what the things named, in the singular, for the message.
 * @throws UserError when two of the names are equal.
 */
export function requireDistinct(what: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new UserError(`two ${what}s named "${twice}": give each a name of its own, or give it once`);
}
