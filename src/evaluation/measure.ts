import { classOf } from "../data/annotation.js";
import type { HandlingChain } from "../data/handling/chain.js";
import type { Task } from "../data/task.js";
import type { Image } from "../images/image.js";
import type { Processor } from "../processors/processor.js";
import type { Judge } from "../recognition/judge.js";
import type { Control } from "./control.js";
import type { Skipped } from "./evaluation.js";
import { handledPredictions } from "./handled.js";
import type { MeasuredImage } from "./measured-image.js";
import { predictionsOf, storedOf, whyUnjudged } from "./predicted.js";
import type { ResolvedProtocol } from "./protocols.js";
import type { Quality } from "./quality.js";
import { groupsOf, type Sample } from "./samples.js";
import type { EvaluationWorkers } from "./workers.js";

/** What samples are measured with. */
export interface Instruments {
  readonly task: Task;
  readonly protocol: ResolvedProtocol;
  readonly processors: readonly Processor[];
  /** A further row after the processors. Default: none. */
  readonly control?: Control;
  readonly judges: readonly Judge[];
  /** What happens to the images of all rows before they are judged again. */
  readonly handlings: readonly HandlingChain[];
  readonly workers: EvaluationWorkers;
  /** Whether samples have estimates of their degradation. */
  readonly estimates: boolean;
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
  const { judges, workers, handlings } = instruments;
  const rows = await restoredBy(samples, instruments);
  const predicted = await predictionsOf(rows, judges);
  const handled = await handledPredictions(rows, samples, { handlings, judges, workers });
  const all = [...predicted, ...handled.flat()].flat();
  const reasons = samples.map((_, image) => whyUnjudged(all.map((byImage) => byImage[image])));
  const comparing = workers.compare(rows.slice(0, -1), rows.at(-1) as Image[]).then((qualities) => {
    const measured = samples.map((sample, image) => ({
      file: sample.file,
      label: classOf(sample),
      ...(sample.truth.boxes && { boxes: sample.truth.boxes }),
      ...(sample.degradation && { degradation: sample.degradation }),
      rows: qualities.map((row, i) => ({
        ...(row[image] as Quality),
        predictions: storedOf(predicted[i] ?? [], image, sample),
        ...(handlings.length > 0 && { handled: (handled[i] ?? []).map((byJudge) => storedOf(byJudge, image, sample)) }),
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
