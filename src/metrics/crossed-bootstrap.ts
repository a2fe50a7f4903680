import { type Random, randomAt } from "../random.js";
import { realClopperPearson } from "./binomial.js";
import { percentiles } from "./bootstrap.js";
import { type Copies, type Crossed, crossedOf, crossedVariance, once } from "./crossed-variance.js";
import { studentQuantile } from "./incomplete-beta.js";

/** A value of one answer: participants and items are crossed samples. */
export interface CrossedValue {
  readonly participant: string;
  readonly item: string;
  /** For `crossedShare`, from 0 to 1. */
  readonly value: number;
}

/** A figure with its 95 % confidence interval. Both limits are null if the answers do not determine them. */
export interface CrossedFigure {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  /**
   * `bootstrap`; or `exact`: the exact interval for the effective number of answers, where almost all values are equal and
   * resamples say too little.
   */
  readonly method: "bootstrap" | "exact";
}

export interface ResampleOptions {
  readonly seed?: number;
  readonly resamples?: number;
}

/** With more resamples than this share without a spread of their own, the bootstrap is not used. */
const MOST_CONSTANT = 0.01;

/**
 * The mean of values from 0 to 1, such as a share, over crossed participants and items, with its 95 % interval of the
 * studentized pigeonhole bootstrap: participants and items are sampled with replacement, independently of each other (Owen
 * 2007, "The pigeonhole bootstrap"), and each resample's deviation is divided by its own standard error (`crossedVariance`), on
 * the scale of log-odds. The plain percentile interval of this bootstrap is too wide if single answers vary most; dividing by
 * the standard error repairs that. `bench/crossed-bootstrap.ts` measures the coverage.
 * @throws RangeError when there are no values.
 */
export function crossedShare(values: readonly CrossedValue[], options: ResampleOptions = {}): CrossedFigure {
  const measured = measure([values]);
  const value = measured.figure;
  if (!(measured.error > 0)) return { value, ...exactInterval(measured, values.length), method: "exact" };
  const logOdds = (share: number) => Math.log(share / (1 - share));
  const deviations = resample(measured, options, (figure, error) => {
    return ((logOdds(figure) - logOdds(value)) * figure * (1 - figure)) / error;
  });
  if (deviations === null) return { value, ...exactInterval(measured, values.length), method: "exact" };
  const { low, high } = percentiles(deviations);
  const spread = measured.error / (value * (1 - value));
  const share = (odds: number) => 1 / (1 + Math.exp(-odds));
  return {
    value,
    low: share(logOdds(value) - high * spread),
    high: share(logOdds(value) - low * spread),
    method: "bootstrap",
  };
}

/**
 * mean(a) - mean(b) of answers to the same items by the same participants, with the 95 % interval of the studentized
 * pigeonhole bootstrap; see `crossedShare`.
 * @throws RangeError when one of them has no values.
 */
export function crossedDifference(
  a: readonly CrossedValue[],
  b: readonly CrossedValue[],
  options: ResampleOptions = {},
): CrossedFigure {
  const measured = measure([a, b]);
  const value = measured.figure;
  const deviations =
    measured.error > 0 ? resample(measured, options, (figure, error) => (figure - value) / error) : null;
  if (deviations === null) return { value, low: null, high: null, method: "bootstrap" };
  const { low, high } = percentiles(deviations);
  return { value, low: value - high * measured.error, high: value - low * measured.error, method: "bootstrap" };
}

/** The mean of one sample, or the difference of two, and how to compute it for a resample. */
interface Measured {
  readonly crossed: Crossed;
  readonly figure: number;
  /** Its standard error; NaN with fewer than two participants or items. */
  readonly error: number;
  /** Figure and standard error of a resample. */
  of(copies: Copies): { figure: number; error: number };
}

function measure(samples: readonly (readonly CrossedValue[])[]): Measured {
  if (samples.some(({ length }) => length === 0)) throw new RangeError("a mean over participants needs values");
  const all = samples.flat();
  const crossed = crossedOf(all);
  const values = Float64Array.from(all, ({ value }) => value);
  const sample = Uint8Array.from(samples.flatMap((each, s) => each.map(() => s)));
  const influences = new Float64Array(all.length);
  const of = (copies: Copies) => {
    const weights = new Float64Array(2);
    const sums = new Float64Array(2);
    for (let k = 0; k < all.length; k++) {
      const participant = copies.participants[crossed.participant[k] as number] as number;
      const weight = participant * (copies.items[crossed.item[k] as number] as number);
      const s = sample[k] as number;
      weights[s] = (weights[s] as number) + weight;
      sums[s] = (sums[s] as number) + weight * (values[k] as number);
    }
    const means = sums.map((sum, s) => sum / (weights[s] as number));
    const scales = weights.map((weight, s) => (s === 0 ? 1 : -1) / weight);
    for (let k = 0; k < all.length; k++) {
      const s = sample[k] as number;
      influences[k] = ((values[k] as number) - (means[s] as number)) * (scales[s] as number);
    }
    const figure = (means[0] as number) - (samples.length === 1 ? 0 : (means[1] as number));
    return { figure, error: Math.sqrt(crossedVariance(influences, crossed, copies)) };
  };
  return { crossed, of, ...of(once(crossed)) };
}

/** What `deviation` returns for each resample; null if too many resamples have no spread. */
function resample(
  { crossed, of }: Measured,
  { seed = 0, resamples = 2000 }: ResampleOptions,
  deviation: (figure: number, error: number) => number,
): Float64Array | null {
  const random = randomAt(seed);
  const deviations = Float64Array.from({ length: resamples }, () => {
    const copies = {
      participants: drawn(crossed.participants, random),
      items: drawn(crossed.items, random),
    };
    const { figure, error } = of(copies);
    return error > 0 ? deviation(figure, error) : Number.NaN;
  }).filter(Number.isFinite);
  return deviations.length >= (1 - MOST_CONSTANT) * resamples ? deviations : null;
}

/** How often each of n is drawn in n draws with replacement. */
function drawn(n: number, random: Random): Uint32Array {
  const copies = new Uint32Array(n);
  for (let i = 0; i < n; i++) (copies[random.integer(n)] as number)++;
  return copies;
}

/**
 * The exact interval of a share for the effective number of answers: that whose independent answers would have the same
 * variance. Where all values are equal it is the smaller of the numbers of participants and items.
 * Source: Korn and Graubard 1998, "Confidence intervals for proportions with small expected number of positive counts".
 */
function exactInterval({ figure, error, crossed }: Measured, answers: number): { low: number; high: number } {
  const clusters = Math.min(crossed.participants, crossed.items);
  const widening =
    (studentQuantile(0.975, Math.max(1, answers - 1)) / studentQuantile(0.975, Math.max(1, clusters - 1))) ** 2;
  const effective = error > 0 ? ((figure * (1 - figure)) / error ** 2) * widening : clusters;
  const n = Math.min(answers, effective);
  const [low, high] = realClopperPearson(figure * n, n);
  return { low, high };
}
