import { bootstrapInterval } from "../metrics/bootstrap.js";
import { type LatticePower, latticeRatio, type SpectralPeak } from "../metrics/lattice.js";
import { type Measurements, measuredRow } from "./measurements.js";
import { RESAMPLES } from "./resampled.js";
import type { Lattice } from "./robustness.js";

/**
 * The lattice patterns in the images of a row: mean peak over mean surroundings, with the interval of a bootstrap over images.
 * @returns undefined when no image was measured.
 */
export function latticeOf(measurements: Measurements, row: number, seed: number): Lattice | undefined {
  const powers = measuredRow(measurements, row).flatMap(({ lattice }) => lattice ?? []);
  if (powers.length === 0) return undefined;
  const [quarter, half] = [ratioOf(powers, "quarter", seed), ratioOf(powers, "half", seed)];
  return { quarter: quarter.ratio, quarter_ci95: quarter.ci95, half: half.ratio, half_ci95: half.ci95 };
}

function ratioOf(powers: readonly LatticePower[], key: keyof LatticePower, seed: number) {
  const peaks = powers.map((power) => power[key]);
  const ratio = latticeRatio(summed(peaks));
  if (!Number.isFinite(ratio)) return { ratio: null, ci95: null };
  const options = { seed, resamples: RESAMPLES };
  const { low, high } = bootstrapInterval(peaks.length, (copies) => latticeRatio(summed(peaks, copies)), options);
  return { ratio, ci95: [low, high] as const };
}

/** The sums over images, each counted as often as a resample contains it. */
function summed(peaks: readonly SpectralPeak[], copies?: Uint32Array): SpectralPeak {
  let [peak, around] = [0, 0];
  for (const [i, each] of peaks.entries()) {
    const weight = copies?.[i] ?? 1;
    peak += weight * each.peak;
    around += weight * each.around;
  }
  return { peak, around };
}
