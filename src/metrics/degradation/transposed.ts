import type { Plane } from "../luma.js";

/** The plane with rows and columns exchanged. */
export function transposed({ width, height, data }: Plane): Plane {
  const result = new Float64Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) result[x * height + y] = data[y * width + x] as number;
  return { width: height, height: width, data: result };
}
