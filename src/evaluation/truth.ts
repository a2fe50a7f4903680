import type { Annotation, Box } from "../data/annotation.js";
import type { Size } from "../images/crop.js";
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
 * @param size that of the whole image.
 * @throws UserError when a label map cannot be read, or its size is not the image's.
 */
export async function truthOf(annotation: Annotation, size: Size, part: Part): Promise<Truth> {
  return annotation.kind === "boxes" ? { boxes: boxesInPart(annotation.boxes, size, part) } : {};
}

/** Boxes in pixels of a part. Those that the crop cuts are clipped and truncated; those outside of it are left out. */
function boxesInPart(boxes: readonly Box[], size: Size, { resized, region }: Part): Box[] {
  const [x, y] = [resized.width / size.width, resized.height / size.height];
  return boxes.flatMap((box) => {
    const [left, right] = [box.left * x - region.left, box.right * x - region.left];
    const [top, bottom] = [box.top * y - region.top, box.bottom * y - region.top];
    const inside = {
      ...{ left: Math.max(0, left), right: Math.min(region.width, right) },
      ...{ top: Math.max(0, top), bottom: Math.min(region.height, bottom) },
    };
    const share = areaOf(inside) / areaOf({ left, top, right, bottom });
    if (inside.right <= inside.left || inside.bottom <= inside.top) return [];
    return [
      {
        ...{ ...box, ...inside },
        ...(share < 1 && { truncated: true }),
        ...(box.area !== undefined && { area: box.area * x * y * share }),
      },
    ];
  });
}

const areaOf = ({ left, top, right, bottom }: Omit<Box, "class">): number => (right - left) * (bottom - top);
