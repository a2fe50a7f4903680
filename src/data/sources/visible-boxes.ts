import type { Box } from "../annotation.js";

/** Pixels of an image. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/** The part of a box inside its image; undefined if nothing is left. Without a size only the left and upper edges clip. */
export function insideImage(box: Box, size: Size | undefined): Box | undefined {
  const { width, height } = size ?? { width: Number.POSITIVE_INFINITY, height: Number.POSITIVE_INFINITY };
  const clipped = {
    ...box,
    left: Math.max(0, box.left),
    top: Math.max(0, box.top),
    right: Math.min(width, box.right),
    bottom: Math.min(height, box.bottom),
  };
  return clipped.right > clipped.left && clipped.bottom > clipped.top ? clipped : undefined;
}
