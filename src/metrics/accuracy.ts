import { wilson } from "./bootstrap.js";
import type { Metric } from "./metric.js";
import { type ClassScore, rankOf } from "./ranking.js";

/** What a classifier predicts of an image. */
interface Ranked {
  readonly ranked: readonly ClassScore[];
}

/** An image's annotation; only one with a class can be met. */
interface Annotated {
  readonly kind: string;
  readonly class?: number;
}

/** The share of images whose class is among the first `k`, with Wilson's interval. The score of an image is 1 or 0. */
const topK = (k: number): Metric<Ranked, Annotated> => ({
  name: `top${k}`,
  scores: (predictions, annotations) =>
    predictions.map(({ ranked }, i) => Number(rankOf(ranked, annotations[i]?.class ?? -1) < k)),
  figure(scores) {
    const hits = scores.reduce((sum, score) => sum + score, 0);
    const [low, high] = wilson(hits, scores.length);
    return { value: hits / scores.length, low, high };
  },
});

/** Top-1 accuracy. */
export const top1 = topK(1);
/** Top-5 accuracy. */
export const top5 = topK(5);
