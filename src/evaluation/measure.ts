import { classOf } from "../data/annotation.js";
import type { Task } from "../data/task.js";
import type { Image } from "../images/image.js";
import type { Processor } from "../processors/processor.js";
import type { Judge } from "../recognition/judge.js";
import type { Control } from "./control.js";
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

/**
 * Restores and judges samples.
 * @returns the measurements, once the workers have compared the images; the networks are done when the outer promise resolves.
 * @throws UserError when a processor does not fit the task.
 */
export async function measure(
  samples: readonly Sample[],
  instruments: Instruments,
): Promise<{ readonly comparing: Promise<MeasuredImage[]> }> {
  const groups: Promise<MeasuredImage[]>[] = [];
  for (const group of groupsOf(samples, instruments.batch)) {
    const { comparing } = await measureGroup(group, instruments);
    comparing.catch(() => {}); // reported by Promise.all below, unless another group fails first
    groups.push(comparing);
  }
  return { comparing: Promise.all(groups).then((measured) => measured.flat()) };
}

/** The same of samples of one size. */
async function measureGroup(samples: readonly Sample[], instruments: Instruments) {
  const { judges, workers, protocol } = instruments;
  const rows = await restoredBy(samples, instruments);
  const predictions: StoredPrediction[][][] = [];
  for (const images of rows) predictions.push(await predictionsOf(images, samples, judges));
  const comparing = workers.compare(rows.slice(0, -1), rows.at(-1) as Image[]).then((compared) => {
    const qualities = [...compared, samples.map(() => perfectQuality(protocol))];
    return samples.map((sample, image) => ({
      file: sample.file,
      label: classOf(sample),
      ...(sample.truth.boxes && { boxes: sample.truth.boxes }),
      rows: qualities.map((row, i) => ({
        ...(row[image] as Quality),
        predictions: (predictions[i] ?? []).map((byImage) => byImage[image] as StoredPrediction),
      })),
    }));
  });
  return { comparing };
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

/** What is kept of the predictions for the images of a row: [judges][images]. */
async function predictionsOf(
  images: readonly Image[],
  samples: readonly Sample[],
  judges: readonly Judge[],
): Promise<StoredPrediction[][]> {
  const predictions: StoredPrediction[][] = [];
  for (const judge of judges) {
    const predicted = await judge.predict(images);
    predictions.push(predicted.map((prediction, i) => storedPrediction(prediction, (samples[i] as Sample).truth)));
  }
  return predictions;
}
