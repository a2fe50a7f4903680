import type { Item } from "../data/item.js";
import type { Image } from "../images/image.js";
import type { FoundBox } from "../metrics/detection/boxes.js";
import type { ClassScore } from "../metrics/ranking.js";

/** The classes that a classifier ranks first. */
export interface ClassPrediction {
  readonly kind: "class";
  /** The classes with the highest scores, enough for top-1, top-5 and ties; see `rankingOf`. */
  readonly ranked: readonly ClassScore[];
}

/** The objects that a detector finds, in pixels of the image, best first. */
export interface BoxesPrediction {
  readonly kind: "boxes";
  readonly boxes: readonly FoundBox[];
}

/** The class of each pixel, as a segmenter predicts it: `width` x `height` class indices in row-major order. */
export interface LabelMapPrediction {
  readonly kind: "label-map";
  readonly width: number;
  readonly height: number;
  readonly classes: Uint8Array;
}

/** A label of an open vocabulary, as a service gives it. */
export interface Label {
  readonly name: string;
  /** From 0 to 1; null: the judge gives none. */
  readonly confidence: number | null;
}

/** The labels of an open vocabulary that a service gives an image, best first. */
export interface LabelsPrediction {
  readonly kind: "labels";
  readonly labels: readonly Label[];
}

/** A judge's prediction for an image. */
export type Prediction = ClassPrediction | BoxesPrediction | LabelMapPrediction | LabelsPrediction;

/** Instead of a prediction: why a judge has none for an image, such as a service that refuses it. */
export interface Unjudged {
  readonly kind: "unjudged";
  readonly reason: string;
}

/** Predicts the contents of images: a classifier (`openClassifier`), a detector, a segmenter or any other implementation. */
export interface Judge<P extends Prediction = Prediction> {
  /** What it predicts of an image: its class, boxes of objects, the class of each pixel, or labels of an open vocabulary. */
  readonly kind: P["kind"];
  /** Its name in tables; unique in an evaluation. */
  readonly name: string;
  /** Hash of everything that determines its predictions. Stored predictions are valid only under the same key. */
  readonly key: string;
  /** The settings that change its predictions, as results state them. Default: none. */
  readonly settings?: object;
  /**
   * Checks that it can judge these images.
   * @param attempt the operation, for the message, such as "judge".
   * @throws UserError when an image has no annotation that the judge can predict.
   */
  requireKnows(items: readonly Item[], attempt: string): Promise<void>;
  /**
   * @param images of any size, 8-bit RGB. Judges that receive the same array share its resized images.
   * @returns one prediction for each image, in order. An evaluation skips an image for which a judge has none.
   */
  predict(images: readonly Image[]): Promise<readonly (P | Unjudged)[]>;
}
