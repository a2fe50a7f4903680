import { reflect } from "../../images/filter.js";
import type { Plane } from "../luma.js";
import { transposed } from "./transposed.js";

/** Length of the filter that blurs the image again, in pixels. */
const LENGTH = 11;

/**
 * How blurred a plane is, from 0 (sharp) to 1 (no detail): the share of its gradients that is left when it is blurred again,
 * along the axis where more is left (Crété-Roffet et al. 2007, "The blur effect"). As `blur_effect` of scikit-image. A
 * flat plane and one with fewer than 5 pixels a side have no gradients to compare: 1.
 */
export function blurEffect(plane: Plane): number {
  return Math.max(leftAlongRows(plane), leftAlongRows(transposed(plane)));
}

/** The share of the gradients along rows that is left. */
function leftAlongRows(plane: Plane): number {
  const { width, height } = plane;
  const sharp = rowGradients(plane);
  const blurred = rowGradients(boxFiltered(plane));
  let [total, lost] = [0, 0];
  for (let y = 2; y < height - 1; y++)
    for (let x = 2; x < width - 1; x++) {
      const value = sharp[y * width + x] as number;
      total += value;
      lost += Math.max(0, value - (blurred[y * width + x] as number));
    }
  return total > 0 ? (total - lost) / total : 1;
}

/** Magnitudes of Sobel's gradient along rows. Borders are mirrored, as in scikit-image. */
function rowGradients({ width, height, data }: Plane): Float64Array {
  const smooth = new Float64Array(data.length);
  for (let y = 0; y < height; y++) {
    const [above, below] = [reflect(y - 1, height) * width, reflect(y + 1, height) * width];
    for (let x = 0; x < width; x++)
      smooth[y * width + x] =
        ((data[above + x] as number) + 2 * (data[y * width + x] as number) + (data[below + x] as number)) / 4;
  }
  return smooth.map((_, i) => {
    const [x, row] = [i % width, i - (i % width)];
    return (
      Math.abs((smooth[row + reflect(x + 1, width)] as number) - (smooth[row + reflect(x - 1, width)] as number)) / 2
    );
  });
}

/** The mean of `LENGTH` pixels along rows. */
function boxFiltered({ width, height, data }: Plane): Plane {
  const radius = (LENGTH - 1) / 2;
  const result = new Float64Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let tap = -radius; tap <= radius; tap++) sum += data[y * width + reflect(x + tap, width)] as number;
      result[y * width + x] = sum / LENGTH;
    }
  return { width, height, data: result };
}
