import type { Border } from "./filter.js";
import type { Planes } from "./planar.js";

/** A number for every place; pixel (x, y) has its center at whole coordinates. */
export type Coordinate = (x: number, y: number) => number;

/** The pixel at (x, y) becomes what lies, linearly interpolated, at (sourceX(x, y), sourceY(x, y)). */
export function warp(planes: Planes, sourceX: Coordinate, sourceY: Coordinate, border: Border): Planes {
  const { width, height, data } = planes;
  const area = width * height;
  const result = new Float32Array(data.length);
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++, to++) {
      const [atX, atY] = [sourceX(x, y), sourceY(x, y)];
      const [left, top] = [Math.floor(atX), Math.floor(atY)];
      const [right, low] = [atX - left, atY - top];
      const [x0, x1] = [border(left, width), border(left + 1, width)];
      const [y0, y1] = [border(top, height) * width, border(top + 1, height) * width];
      for (let plane = 0; plane < data.length; plane += area) {
        const above = (1 - right) * (data[plane + y0 + x0] as number) + right * (data[plane + y0 + x1] as number);
        const below = (1 - right) * (data[plane + y1 + x0] as number) + right * (data[plane + y1 + x1] as number);
        result[plane + to] = (1 - low) * above + low * below;
      }
    }
  return { width, height, data: result };
}

/**
 * The middle of the planes enlarged by `factor` (1 or more) to the same size, linearly, as ImageNet-C's `clipped_zoom`: the corners
 * of what is enlarged become the corners of the enlargement, from which what is too much is cut off.
 */
export function zoomed(planes: Planes, factor: number, border: Border): Planes {
  const source = (size: number): ((position: number) => number) => {
    const kept = Math.ceil(size / factor);
    const first = Math.floor((size - kept) / 2);
    const enlarged = Math.round(kept * factor);
    const cut = Math.floor((enlarged - size) / 2);
    return (position) => first + ((position + cut) * (kept - 1)) / Math.max(enlarged - 1, 1);
  };
  const [column, row] = [source(planes.width), source(planes.height)];
  return warp(planes, column, (_, y) => row(y), border);
}
