import { classOf } from "../data/annotation.js";
import type { Task } from "../data/task.js";
import type { Image } from "../images/image.js";
import type { Processor } from "../processors/processor.js";
import type { Judge, Prediction, Unjudged } from "../recognition/judge.js";
import type { Control } from "./control.js";
import type { Skipped } from "./evaluation.js";
import type { MeasuredImage, StoredPrediction } from "./measured-image.js";
import type { ResolvedProtocol } from "./protocols.js";
import { perfectQuality, type Quality } from "./quality.js";
import { groupsOf, type Sample } from "./samples.js";
import { storedPrediction } from "./stored-prediction.js";
import type { EvaluationWorkers } from "./workers.js";

/** What samples are measured with. */
export interface Instruments {
  readonly task: Task;
  readonly protocol: ResolvedProtocol;
  readonly processors: readonly Processor[];
  /** A further row after the processors. Default: none. */
  readonly control?: Control;
  readonly judges: readonly Judge[];
  readonly workers: EvaluationWorkers;
  /** Images of 224 x 224 given to a network at once; of larger ones fewer. */
  readonly batch: number;
}

/** Samples that are judged, and are being compared with the clean images. */
export interface Measuring {
  readonly comparing: Promise<MeasuredImage[]>;
  /** Images that a judge has no prediction for in at least one row. They are measured in no row. */
  readonly unjudged: readonly Skipped[];
}

/**
 * Restores and judges samples.
 * @returns the measurements, once the workers have compared the images; the networks are done when the outer promise resolves.
 * @throws UserError when a processor does not fit the task.
 */
export async function measure(samples: readonly Sample[], instruments: Instruments): Promise<Measuring> {
  const groups: Measuring[] = [];
  for (const group of groupsOf(samples, instruments.batch)) {
    const measuring = await measureGroup(group, instruments);
    measuring.comparing.catch(() => {}); // reported by Promise.all below, unless another group fails first
    groups.push(measuring);
  }
  return {
    comparing: Promise.all(groups.map(({ comparing }) => comparing)).then((measured) => measured.flat()),
    unjudged: groups.flatMap(({ unjudged }) => unjudged),
  };
}

/** The same of samples of one size. */
async function measureGroup(samples: readonly Sample[], instruments: Instruments): Promise<Measuring> {
  const { judges, workers, protocol } = instruments;
  const rows = await restoredBy(samples, instruments);
  const predicted = await predictionsOf(rows, judges);
  const reasons = samples.map((_, image) => whyUnjudged(predicted.flat().map((byImage) => byImage[image])));
  const comparing = workers.compare(rows.slice(0, -1), rows.at(-1) as Image[]).then((compared) => {
    const qualities = [...compared, samples.map(() => perfectQuality(protocol))];
    const measured = samples.map((sample, image) => ({
      file: sample.file,
      label: classOf(sample),
      ...(sample.truth.boxes && { boxes: sample.truth.boxes }),
      degradation: sample.degradation,
      rows: qualities.map((row, i) => ({
        ...(row[image] as Quality),
        predictions: (predicted[i] ?? []).flatMap((byImage) => storedOf(byImage[image], sample)),
      })),
    }));
    return measured.filter((_, image) => reasons[image] === undefined);
  });
  const unjudged = samples.flatMap(({ file }, image) => {
    const reason = reasons[image];
    return reason === undefined ? [] : [{ file, reason }];
  });
  return { comparing, unjudged };
}

/** The images of each row: interpolated, restored by each processor, perturbed by the control, clean. */
async function restoredBy(samples: readonly Sample[], { task, processors, control }: Instruments): Promise<Image[][]> {
  const degraded = samples.map((sample) => sample.degraded);
  const restored: Image[][] = [];
  for (const processor of processors) restored.push(await processor.restore(degraded, task));
  const perturbed = restored[processors.findIndex(({ name }) => name === control?.setting.over)];
  if (control && perturbed) restored.push(await control.perturb(perturbed, samples));
  return [samples.map(({ interpolated }) => interpolated), ...restored, samples.map(({ clean }) => clean)];
}

type Predicted = Prediction | Unjudged;

/**
 * The predictions for the images of all rows: [rows][judges][images]. Services get the images of all rows at once, so that they
 * answer while the networks run.
 */
async function predictionsOf(rows: readonly Image[][], judges: readonly Judge[]): Promise<(readonly Predicted[])[][]> {
  const services = judges.filter(({ kind }) => kind === "labels");
  const asked = new Map(services.map((judge) => [judge, judge.predict(rows.flat())]));
  for (const answers of asked.values()) answers.catch(() => {}); // awaited below, unless another judge fails first
  const predictions: (readonly Predicted[])[][] = [];
  for (const [row, images] of rows.entries()) {
    const byJudge: (readonly Predicted[])[] = [];
    for (const judge of judges) {
      const answers = await asked.get(judge);
      const place = row * images.length;
      byJudge.push(answers ? answers.slice(place, place + images.length) : await judge.predict(images));
    }
    predictions.push(byJudge);
  }
  return predictions;
}

/** Why an image cannot be compared: the first reason among its predictions; undefined: all judges have predictions. */
function whyUnjudged(predictions: readonly (Predicted | undefined)[]): string | undefined {
  const missing = predictions.find((prediction): prediction is Unjudged => prediction?.kind === "unjudged");
  return missing?.reason;
}

const storedOf = (prediction: Predicted | undefined, { truth }: Sample): StoredPrediction[] =>
  prediction === undefined || prediction.kind === "unjudged" ? [] : [storedPrediction(prediction, truth)];
