import type { Dataset } from "../data/dataset.js";
import { titleOf } from "../data/item.js";
import type { Task } from "../data/task.js";
import { UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import type { Processor } from "../processors/processor.js";
import { readPredictions } from "./from-predictions.js";
import type { MeasuredImage } from "./measured-image.js";
import { type EvaluationSample, resolveProtocol } from "./protocols.js";
import { loadSamples, separated } from "./samples.js";
import { EvaluationWorkers } from "./workers.js";

/** An image that at least one classifier predicts wrongly as one processor restored it, and rightly as another did. */
export interface FlippedPrediction extends Omit<EvaluationSample, "degradation"> {
  /** Its class. */
  readonly label: number;
  readonly before: Image;
  readonly after: Image;
  /** The class that each classifier predicts, in their order. */
  readonly seenBefore: readonly number[];
  readonly seenAfter: readonly number[];
}

/** The evaluation, its images and task, and the two processors of `flippedPredictions`. */
export interface FlippedPredictionsOptions {
  /** The predictions file that an evaluation of the whole data set wrote, with the protocol imagenet. */
  predictions: string;
  dataset: Dataset;
  task: Task;
  /** Two of the processors that were evaluated, under the same names. */
  before: Processor;
  after: Processor;
  /** At most this many images, each of another class. */
  count: number;
}

/**
 * The images about which the most judges change to the right class from `before` to `after`, less those that change away
 * from it; of equal ones those whose PSNR rises most, or falls least. Only these images are restored again.
 * @throws UserError when the predictions are of other processors or of other images.
 */
export async function flippedPredictions(options: FlippedPredictionsOptions): Promise<FlippedPrediction[]> {
  const { predictions, dataset, task, before, after, count } = options;
  const { measurements } = await readPredictions(predictions);
  const rowOf = ({ name }: Processor): number => {
    const row = measurements.processors.indexOf(name);
    if (row < 0) throw new UserError(`${predictions} has no predictions for the processor ${name}`);
    return row;
  };
  const flips = flipsBetween(measurements.images, rowOf(before), rowOf(after), count);
  const workers = new EvaluationWorkers(resolveProtocol("imagenet", task.scale));
  try {
    return await Promise.all(
      flips.map(async ({ file, ...flip }) => {
        const first = dataset.items.findIndex((item) => titleOf(item) === file);
        const samples = await loadSamples({ items: dataset.items.slice(first, first + 1), first }, task, workers);
        const [sample] = separated(samples).loaded;
        if (!sample) throw new UserError(`${file}, which ${predictions} lists, is not among the images`);
        const [old] = await before.restore([sample.degraded], task);
        const [restored] = await after.restore([sample.degraded], task);
        return { ...sample, ...flip, before: old as Image, after: restored as Image };
      }),
    );
  } finally {
    await workers.close();
  }
}

type Flip = Pick<FlippedPrediction, "label" | "seenBefore" | "seenAfter"> & { readonly file: string };

/** The flips to the right class between two rows, the largest change first, one for each class. */
function flipsBetween(images: readonly MeasuredImage[], before: number, after: number, count: number): Flip[] {
  const flips = images.flatMap(({ file, label, rows }) => {
    const seen = (row: number) =>
      (rows[row]?.predictions ?? []).flatMap((each) => (each.kind === "class" ? [each.ranked[0]?.class ?? -1] : []));
    const [seenBefore, seenAfter] = [seen(before), seen(after)];
    const right = (classes: readonly number[]) => classes.filter((each) => each === label).length;
    const change = right(seenAfter) - right(seenBefore);
    // Both are infinite if both rows equal the clean image.
    const gain = (rows[after]?.psnr ?? 0) - (rows[before]?.psnr ?? 0) || 0;
    return label !== null && change > 0 ? [{ change, gain, flip: { file, label, seenBefore, seenAfter } }] : [];
  });
  flips.sort((a, b) => b.change - a.change || b.gain - a.gain);
  const ordered = flips.map(({ flip }) => flip);
  return ordered.filter(({ label }, i) => ordered.findIndex((other) => other.label === label) === i).slice(0, count);
}
