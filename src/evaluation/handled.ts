import type { HandlingChain } from "../data/handling/chain.js";
import type { Image } from "../images/image.js";
import type { Judge } from "../recognition/judge.js";
import { type Predicted, predictionsOf } from "./predicted.js";
import { prefetched, type Sample, SEED } from "./samples.js";
import type { EvaluationWorkers } from "./workers.js";

/** Tells the noise of handlings from that of the degradation, which has the seed and the number of the image alone. */
const HANDLING = 1;

interface HandledBy {
  readonly handlings: readonly HandlingChain[];
  readonly judges: readonly Judge[];
  readonly workers: EvaluationWorkers;
}

/**
 * Judges the images of all rows again after each handling: [rows][handlings][judges][images]. The noise of a handling is the
 * same in all rows. The workers prepare the next images while the judges run, so that few are held at a time.
 */
export async function handledPredictions(
  rows: readonly (readonly Image[])[],
  samples: readonly Sample[],
  { handlings, judges, workers }: HandledBy,
): Promise<(readonly Predicted[])[][][]> {
  const numbers = samples.map(({ number }) => [SEED, number, HANDLING]);
  const inputs = rows.flatMap((images) => handlings.map((chain) => ({ images, chain })));
  const begin = async ({ images, chain }: (typeof inputs)[number]) => ({
    loading: workers.handle(images, chain.handlings, numbers),
  });
  const flat: (readonly Predicted[])[][] = [];
  for await (const images of prefetched(inputs, begin)) flat.push(...(await predictionsOf([images], judges)));
  return rows.map((_, row) => flat.slice(row * handlings.length, (row + 1) * handlings.length));
}
