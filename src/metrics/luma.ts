import type { Image } from "../images/image.js";

/** One channel, rows from the top. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
}

/**
 * Luma as BasicSR computes it, in [16, 235]: Y = 16 + 65.481 R + 128.553 G + 24.966 B with R, G, B in [0, 1], not
 * rounded; `border` pixels are cropped from each side.
 */
export function luma(image: Image, border: number): Plane {
  const width = image.width - 2 * border;
  const height = image.height - 2 * border;
  const data = new Float64Array(width * height);
  for (let y = 0, to = 0; y < height; y++) {
    let from = ((y + border) * image.width + border) * 3;
    for (let x = 0; x < width; x++, from += 3) {
      const red = image.data[from] as number;
      const green = image.data[from + 1] as number;
      const blue = image.data[from + 2] as number;
      data[to++] = 16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255;
    }
  }
  return { width, height, data };
}
