import type { Border } from "./filter.js";
import type { Planes } from "./planar.js";

/** A source coordinate for each output pixel. Pixel centers are at integer coordinates. */
export type Coordinate = (x: number, y: number) => number;

/** Samples the source at (sourceX(x, y), sourceY(x, y)) for each output pixel (x, y), with bilinear interpolation. */
export function warp(planes: Planes, sourceX: Coordinate, sourceY: Coordinate, border: Border): Planes {
  const { width, height, data } = planes;
  const area = width * height;
  const result = new Float32Array(data.length);
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++, to++) {
      const [fromX, fromY] = [sourceX(x, y), sourceY(x, y)];
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      const [fractionX, fractionY] = [fromX - left, fromY - top];
      const [x0, x1] = [border(left, width), border(left + 1, width)];
      const [y0, y1] = [border(top, height) * width, border(top + 1, height) * width];
      for (let plane = 0; plane < data.length; plane += area) {
        const above =
          (1 - fractionX) * (data[plane + y0 + x0] as number) + fractionX * (data[plane + y0 + x1] as number);
        const below =
          (1 - fractionX) * (data[plane + y1 + x0] as number) + fractionX * (data[plane + y1 + x1] as number);
        result[plane + to] = (1 - fractionY) * above + fractionY * below;
      }
    }
  return { width, height, data: result };
}

/**
 * Enlarges the center of the planes by `factor` (1 or more) to the original size, with bilinear interpolation, as
 * ImageNet-C's `clipped_zoom` does: the corner pixels of the central region map to the corners of the enlarged one, which
 * is then cropped to the original size.
 */
export function zoomed(planes: Planes, factor: number, border: Border): Planes {
  const source = (size: number): ((position: number) => number) => {
    const region = Math.ceil(size / factor);
    const first = Math.floor((size - region) / 2);
    const enlarged = Math.round(region * factor);
    const margin = Math.floor((enlarged - size) / 2);
    return (position) => first + ((position + margin) * (region - 1)) / Math.max(enlarged - 1, 1);
  };
  const [column, row] = [source(planes.width), source(planes.height)];
  return warp(planes, column, (_, y) => row(y), border);
}
