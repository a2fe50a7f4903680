import type { Image } from "../images/image.js";
import type { Cover } from "./canvas.js";

/** The properties that all images of a synthetic set share. */
export interface SceneSettings {
  /** Side in pixels. The period of the detail that determines the class does not depend on it. */
  readonly size: number;
  /** Number of classes. */
  readonly classes: number;
  /** The most objects in an image. */
  readonly objects: number;
}

/** The smallest box of whole pixels that holds an object; right and bottom are exclusive. */
export interface Extent {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** An object with its class, 0 or more. */
export interface BoxedObject extends Extent {
  readonly label: number;
}

/** A synthetic image with its objects. */
export interface Scene {
  readonly image: Image;
  /** The largest first; its class is the image's. */
  readonly objects: readonly BoxedObject[];
}

/** The box of the pixels of an image of `size` pixels a side that are covered by half or more. */
export function boxOf(size: number, cover: Cover): Extent {
  let [left, top, right, bottom] = [size, size, 0, 0];
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      if (cover(x + 0.5, y + 0.5) < 0.5) continue;
      [left, top] = [Math.min(left, x), Math.min(top, y)];
      [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
    }
  return { left, top, right, bottom };
}
