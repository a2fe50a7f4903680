import type { Image } from "./image.js";

/** Pixels added on each side of an image. */
export interface Margins {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * The position inside 0 … length - 1 that a position beyond the ends is a mirror image of. The end itself is repeated:
 * … 1 0 | 0 1 2 … (the mode "symmetric" of NumPy).
 */
export function mirrored(position: number, length: number): number {
  const period = 2 * length;
  const inPeriod = ((position % period) + period) % period;
  return Math.min(inPeriod, period - 1 - inPeriod);
}

/** The image with mirrored pixels around it. */
export function withMirroredMargins({ width, height, data }: Image, margins: Margins): Image {
  const { left, top, right, bottom } = margins;
  if (left === 0 && top === 0 && right === 0 && bottom === 0) return { width, height, data };
  const [wide, high] = [left + width + right, top + height + bottom];
  const columns = Int32Array.from({ length: wide }, (_, x) => 3 * mirrored(x - left, width));
  const result = new Uint8Array(3 * wide * high);
  for (let y = 0, to = 0; y < high; y++) {
    const line = 3 * width * mirrored(y - top, height);
    for (const column of columns) {
      result[to++] = data[line + column] as number;
      result[to++] = data[line + column + 1] as number;
      result[to++] = data[line + column + 2] as number;
    }
  }
  return { width: wide, height: high, data: result };
}
