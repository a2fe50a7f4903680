import type { Image } from "../images/image.js";
import type { Judge, Prediction, Unjudged } from "../recognition/judge.js";
import type { StoredPrediction } from "./measured-image.js";
import type { Sample } from "./samples.js";
import { storedPrediction } from "./stored-prediction.js";

/** What a judge answers for an image. */
export type Predicted = Prediction | Unjudged;

/**
 * The predictions for the images of all rows: [rows][judges][images]. Services get the images of all rows at once, so that they
 * answer while the networks run.
 */
export async function predictionsOf(
  rows: readonly (readonly Image[])[],
  judges: readonly Judge[],
): Promise<(readonly Predicted[])[][]> {
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
export function whyUnjudged(predictions: readonly (Predicted | undefined)[]): string | undefined {
  const missing = predictions.find((prediction): prediction is Unjudged => prediction?.kind === "unjudged");
  return missing?.reason;
}

/** What is kept of the predictions of all judges for one image. */
export const storedOf = (
  byJudge: readonly (readonly Predicted[])[],
  image: number,
  { truth }: Sample,
): StoredPrediction[] =>
  byJudge.flatMap((predictions) => {
    const prediction = predictions[image];
    return prediction === undefined || prediction.kind === "unjudged" ? [] : [storedPrediction(prediction, truth)];
  });
