import type { Image } from "../images/image.js";

export interface LabelledImage {
  readonly image: Image;
  /** The class, 0 or more. */
  readonly label: number;
}
