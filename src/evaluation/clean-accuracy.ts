import { type Annotation, classOf } from "../data/annotation.js";
import type { Dataset } from "../data/dataset.js";
import { titleOf } from "../data/item.js";
import { UserError } from "../errors.js";
import { top1 } from "../metrics/accuracy.js";
import type { Figure } from "../metrics/metric.js";
import type { ClassPrediction, Judge } from "../recognition/judge.js";
import type { Skipped } from "./evaluation.js";
import { resolveProtocol } from "./protocols.js";
import { batchesOf, type ItemBatch, orSkipped, prefetched, separated } from "./samples.js";
import { EvaluationWorkers } from "./workers.js";

/** The top-1 accuracy of a judge, as a share from 0 to 1. */
export interface CleanAccuracy extends Figure {
  /** Images judged; images that cannot be read are not. */
  readonly count: number;
  /** Images that cannot be read, with the reason. */
  readonly skipped: readonly Skipped[];
}

/** Images judged at once. */
const BATCH = 50;

/**
 * The top-1 accuracy of a judge on the clean images of the protocol `imagenet`. Images without a class are left out.
 * @throws UserError when no image can be read.
 */
export async function cleanAccuracy(
  judge: Judge<ClassPrediction>,
  { items, folders }: Dataset,
): Promise<CleanAccuracy> {
  const labelled = items.filter((item) => classOf(item) !== null);
  const [predictions, annotations]: [ClassPrediction[], Annotation[]] = [[], []];
  const skipped: Skipped[] = [];
  const workers = new EvaluationWorkers(resolveProtocol("imagenet", 1));
  const begin = async (batch: ItemBatch) => ({ loading: loadClean(batch, workers) });
  try {
    for await (const all of prefetched(batchesOf(labelled, BATCH), begin)) {
      const { loaded: clean, skipped: unread } = separated(all);
      skipped.push(...unread);
      if (clean.length === 0) continue;
      const predicted = await judge.predict(clean.map(({ image }) => image));
      for (const [i, prediction] of predicted.entries()) {
        const { file, annotation } = clean[i] as (typeof clean)[number];
        if (prediction.kind === "unjudged") skipped.push({ file, reason: prediction.reason });
        else {
          predictions.push(prediction);
          annotations.push(annotation);
        }
      }
    }
  } finally {
    await workers.close();
  }
  if (predictions.length === 0)
    throw new UserError(`none of the ${items.length} images in ${folders.join(", ")} can be judged`);
  return { ...top1.figure(top1.scores(predictions, annotations)), count: predictions.length, skipped };
}

const loadClean = ({ items }: ItemBatch, workers: EvaluationWorkers) =>
  Promise.all(
    items.map((item) =>
      orSkipped(item, async () => ({
        ...{ file: titleOf(item), image: await workers.clean(item, 1), annotation: item.annotation },
      })),
    ),
  );
