/** A figure from 0 to 1 with its 95 % confidence interval. */
export interface Figure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Turns predictions and annotations, one of each for every image, into a figure. */
export interface Metric<Prediction, Annotation> {
  readonly name: string;
  /** The score of each image, from 0 to 1. Paired tests compare these. */
  scores(predictions: readonly Prediction[], annotations: readonly Annotation[]): number[];
  /** The figure over all images, from the scores of each. */
  figure(scores: readonly number[]): Figure;
}
