import type { Dataset } from "../data/dataset.js";
import type { Task } from "../data/task.js";
import type { Image } from "../images/image.js";
import { top1 } from "../metrics/accuracy.js";
import type { Processor } from "../processors/processor.js";
import type { Judge, Prediction } from "../recognition/judge.js";
import { type EvaluationSample, resolveProtocol } from "./protocols.js";
import { batchesOf, loadSamples, prefetched, type Sample, separated } from "./samples.js";
import { EvaluationWorkers } from "./workers.js";

/** An image that at least one judge predicts wrongly as one processor restored it, and rightly as another did. */
export interface FlippedPrediction extends EvaluationSample {
  /** Its class. */
  readonly label: number;
  readonly before: Image;
  readonly after: Image;
  /** The class that each judge predicts, in their order. */
  readonly seenBefore: readonly number[];
  readonly seenAfter: readonly number[];
}

/** The images, the two processors and the judges of `flippedPredictions`. */
export interface FlippedPredictionsOptions {
  dataset: Dataset;
  task: Task;
  before: Processor;
  after: Processor;
  judges: readonly Judge[];
  /** At most this many images, each of another class. */
  count: number;
}

/** Images loaded together. */
const BATCH = 16;

/**
 * The images about which the most judges change to the right class from `before` to `after`, less those that change away
 * from it; of equal ones the earlier. Images without a class and images that cannot be read are left out.
 */
export async function flippedPredictions(options: FlippedPredictionsOptions): Promise<FlippedPrediction[]> {
  const { dataset, task, count } = options;
  const workers = new EvaluationWorkers(resolveProtocol("imagenet", task.scale));
  const flipped: JudgedTwice[] = [];
  try {
    const batches = batchesOf(dataset.items, BATCH);
    const begin = async (batch: (typeof batches)[number]) => ({ loading: loadSamples(batch, task, workers) });
    for await (const all of prefetched(batches, begin))
      for (const sample of separated(all).loaded) {
        const judged = await judgeTwice(sample, options);
        if (judged && judged.change > 0) flipped.push(judged);
      }
  } finally {
    await workers.close();
  }
  flipped.sort((a, b) => b.change - a.change);
  const images = flipped.map(({ prediction }) => prediction);
  return images.filter(({ label }, i) => images.findIndex((other) => other.label === label) === i).slice(0, count);
}

interface JudgedTwice {
  readonly prediction: FlippedPrediction;
  /** Judges that are right only after, less those that are right only before. */
  readonly change: number;
}

/** Undefined for an image without a class. */
async function judgeTwice(
  { file, annotation, ...sample }: Sample,
  { task, before, after, judges }: FlippedPredictionsOptions,
): Promise<JudgedTwice | undefined> {
  if (annotation.kind !== "class") return undefined;
  const restored = [
    ...(await before.restore([sample.degraded], task)),
    ...(await after.restore([sample.degraded], task)),
  ];
  const predictions = await Promise.all(judges.map((judge) => judge.predict(restored)));
  const predicted = (place: 0 | 1) => predictions.map((both) => both[place] as Prediction);
  const right = (place: 0 | 1) =>
    top1
      .scores(
        predicted(place),
        judges.map(() => annotation),
      )
      .reduce((a, b) => a + b, 0);
  const classes = (place: 0 | 1) => predicted(place).map(({ ranked }) => ranked[0]?.class ?? -1);
  const images = { before: restored[0] as Image, after: restored[1] as Image };
  const prediction = { ...sample, ...images, label: annotation.class, seenBefore: classes(0), seenAfter: classes(1) };
  return { prediction, change: right(1) - right(0) };
}
