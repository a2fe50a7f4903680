import type { Annotation, Box } from "../data/annotation.js";
import { readLabelMap } from "../data/label-map.js";
import { boxesInView, type LabelMap, labelMapInView, type View } from "../data/view.js";
import { UserError } from "../errors.js";
import type { Size } from "../images/crop.js";

/** What is known of the part of an image that is evaluated, where its annotation is tied to pixels. */
export interface Truth {
  /** Its objects, in pixels of that part; those of which the part shows less than a quarter are difficult. */
  readonly boxes?: readonly Box[];
  /** The class of each of its pixels; 255 is ignored. */
  readonly labelMap?: LabelMap;
}

/**
 * Brings the annotation of an image to the part that a protocol evaluates.
 * @param size that of the whole image.
 * @throws UserError when a label map cannot be read, or its size is not the image's.
 */
export async function truthOf(annotation: Annotation, size: Size, part: View): Promise<Truth> {
  if (annotation.kind === "boxes") return { boxes: boxesInView(annotation.boxes, part, { below: "difficult" }) };
  if (annotation.kind !== "label-map") return {};
  const map = await readLabelMap(annotation.path);
  if (map.width !== size.width || map.height !== size.height)
    throw new UserError(
      `its label map ${annotation.path} has ${map.width}x${map.height} pixels, the image ${size.width}x${size.height}`,
    );
  return { labelMap: labelMapInView(map, part) };
}
