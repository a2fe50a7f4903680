import type { LabelMap } from "../data/view.js";
import { IGNORED_LABEL } from "../metrics/miou.js";
import type { LabelMapPrediction, Prediction } from "../recognition/judge.js";
import type { Confusions, StoredPrediction } from "./measured-image.js";
import type { Truth } from "./truth.js";

/** What is kept of a prediction: classes and boxes themselves, boxes in float32, and how a label map differs from the truth. */
export function storedPrediction(prediction: Prediction, { labelMap }: Truth): StoredPrediction {
  if (prediction.kind === "class" || prediction.kind === "labels") return prediction;
  if (prediction.kind === "label-map") {
    if (!labelMap) throw new Error("a segmenter's prediction needs the image's label map"); // `requireKnows` checks this
    return { kind: "label-map", confusions: confusionsOf(labelMap, prediction) };
  }
  const { fround } = Math;
  const boxes = prediction.boxes.map(({ class: index, score, left, top, right, bottom }) => ({
    ...{ class: index, score: fround(score) },
    ...{ left: fround(left), top: fround(top), right: fround(right), bottom: fround(bottom) },
  }));
  return { kind: "boxes", boxes };
}

/** More than the largest class index of 8 bits. */
const CLASSES = 256;

/**
 * Pixels by true and predicted class, in the order of the classes. Pixels whose truth is 255 are left out.
 * @throws RangeError when the sizes differ.
 */
export function confusionsOf(truth: LabelMap, predicted: LabelMapPrediction): Confusions {
  if (truth.width !== predicted.width || truth.height !== predicted.height)
    throw new RangeError(
      `cannot compare label maps of ${truth.width}x${truth.height} and ${predicted.width}x${predicted.height} pixels`,
    );
  const counts = new Uint32Array(CLASSES * CLASSES);
  for (let i = 0; i < truth.data.length; i++) {
    const index = CLASSES * (truth.data[i] as number) + (predicted.classes[i] as number);
    counts[index] = (counts[index] as number) + 1;
  }
  return Array.from(counts.entries()).flatMap(([index, count]) => {
    const [known, seen] = [Math.floor(index / CLASSES), index % CLASSES];
    return count > 0 && known !== IGNORED_LABEL ? [[known, seen, count] as const] : [];
  });
}
