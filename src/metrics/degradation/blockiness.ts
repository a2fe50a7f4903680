import type { Plane } from "../luma.js";
import { transposed } from "./transposed.js";

/** Side of a block of JPEG in pixels. */
export const BLOCK = 8;

/** How much steps at a grid of 8 x 8 pixels stand out, and where that grid is. */
export interface Blockiness {
  /** The mean step at the edges of blocks relative to that at other places, the mean over both axes; about 1 without blocks. */
  readonly strength: number;
  /** The first column and row of a block, 0 to 7. */
  readonly left: number;
  readonly top: number;
}

/**
 * Finds the grid of 8 x 8 blocks that JPEG leaves in luma. A step is the difference of two neighboring pixels beyond the slope
 * on both sides: the difference of slopes of Minami and Zakhor 1995, "An optimization approach for removing blocking effects
 * in transform coding", eq. 2, as a magnitude. The grid is where the steps are largest.
 */
export function blockiness(plane: Plane): Blockiness {
  const columns = gridOf(stepsByPhase(plane));
  const rows = gridOf(stepsByPhase(transposed(plane)));
  return { strength: (columns.strength + rows.strength) / 2, left: columns.phase, top: rows.phase };
}

/** The mean step before the columns of each phase: columns 0, 8, … have phase 0. */
function stepsByPhase({ width, height, data }: Plane): number[] {
  const [sums, counts] = [new Float64Array(BLOCK), new Float64Array(BLOCK)];
  for (let y = 0; y < height; y++)
    for (let x = 2; x < width - 1; x++) {
      const at = y * width + x;
      const slopes =
        (data[at - 1] as number) - (data[at - 2] as number) + (data[at + 1] as number) - (data[at] as number);
      const step = Math.abs((data[at] as number) - (data[at - 1] as number) - slopes / 2);
      sums[x % BLOCK] = (sums[x % BLOCK] as number) + step;
      counts[x % BLOCK] = (counts[x % BLOCK] as number) + 1;
    }
  return Array.from(sums, (sum, phase) => sum / Math.max(1, counts[phase] as number));
}

function gridOf(steps: readonly number[]): { phase: number; strength: number } {
  const largest = Math.max(...steps);
  const others = (steps.reduce((sum, step) => sum + step, 0) - largest) / (steps.length - 1);
  return { phase: steps.indexOf(largest), strength: others > 0 ? largest / others : 1 };
}
