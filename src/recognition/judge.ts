import type { Item } from "../data/item.js";
import type { Image } from "../images/image.js";
import type { ClassScore } from "../metrics/ranking.js";

/** What a judge sees in an image. */
export interface Prediction {
  readonly kind: "class";
  /** The first classes by score, enough for top-1, top-5 and ties; see `rankingOf`. */
  readonly ranked: readonly ClassScore[];
}

/** Predicts what is in images: a classifier (`openClassifier`), or anything else behind this interface. */
export interface Judge {
  /** Its name in tables; unique in an evaluation. */
  readonly name: string;
  /** Hash of everything that decides its predictions. Stored predictions are valid only under the same key. */
  readonly key: string;
  /**
   * Checks that it can judge these images.
   * @param attempt what the images are for, such as "judge"; for the message.
   * @throws UserError when an image has no annotation that the judge can predict.
   */
  requireKnows(items: readonly Item[], attempt: string): Promise<void>;
  /**
   * @param images of any size, 8-bit RGB. Judges that get the same array share its resized images.
   * @returns one prediction for each image, in order.
   */
  predict(images: readonly Image[]): Promise<readonly Prediction[]>;
}
