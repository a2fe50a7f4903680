import { setImmediate } from "node:timers/promises";
import { marginsOf, type Scorer } from "./scoring.js";

/** A half-line from an image in a direction. */
export interface Ray {
  /** The image, planar, RGB in [0, 1]. */
  readonly origin: Float32Array;
  /** A unit vector. */
  readonly direction: Float32Array;
  /** The class predicted at the origin, and by how much its score exceeds that of every other class there. */
  readonly label: number;
  readonly margin: number;
}

/** How boundaries are searched. Distances are L2 norms in units of RGB in [0, 1]. */
export interface SearchOptions {
  /** The first distance tried; each further one is twice the one before. */
  readonly first: number;
  /** The largest distance tried. */
  readonly maximum: number;
  /** The bracket around a boundary is at most this wide, relative to the distance. */
  readonly tolerance: number;
  readonly signal?: AbortSignal;
}

/** Points whose scores are computed in one call; they limit memory. */
const POINTS = 64;
/** Even plain bisection needs no more steps. */
const STEPS = 100;

/** A distance with the label ahead, and a larger one with another class ahead. */
interface Bracket {
  readonly low: number;
  readonly high: number;
  readonly atLow: number;
  readonly atHigh: number;
  /** Whether the last step failed to halve the bracket. */
  readonly slow: boolean;
}

/**
 * The distance of the decision boundary along each ray: distances are doubled until another class is predicted, then the
 * bracket is narrowed by the secant of the label's margin, and by bisection where that is slow. A boundary that a ray crosses
 * twice between two tried distances is missed.
 * @returns null where the class is the same at all tried distances.
 */
export async function boundaryDistances(
  scorer: Scorer,
  rays: readonly Ray[],
  options: SearchOptions,
): Promise<(number | null)[]> {
  const brackets = await bracketsOf(scorer, rays, options);
  for (let step = 0; step < STEPS; step++) {
    const open = rays.flatMap((ray, i) => {
      const bracket = brackets[i];
      return bracket && bracket.high - bracket.low > options.tolerance * bracket.high ? [{ ray, i, bracket }] : [];
    });
    if (open.length === 0) break;
    const tried = open.map(({ bracket }) => nextDistance(bracket, options.tolerance));
    const found = await marginsAt(
      scorer,
      open.map(({ ray }) => ray),
      tried,
      options.signal,
    );
    for (const [k, { i, bracket }] of open.entries())
      brackets[i] = narrowed(bracket, tried[k] as number, found[k] as number);
  }
  return brackets.map((bracket) => bracket && (bracket.low + bracket.high) / 2);
}

/** Doubles the distance until the label is no longer ahead. */
async function bracketsOf(
  scorer: Scorer,
  rays: readonly Ray[],
  { first, maximum, signal }: SearchOptions,
): Promise<(Bracket | null)[]> {
  const brackets: (Bracket | null)[] = rays.map(() => null);
  let ahead = rays.map((ray, i) => ({ ray, i, low: 0, atLow: ray.margin }));
  for (let high = Math.min(first, maximum); ahead.length > 0; high = Math.min(2 * high, maximum)) {
    const found = await marginsAt(
      scorer,
      ahead.map(({ ray }) => ray),
      ahead.map(() => high),
      signal,
    );
    for (const [k, { i, low, atLow }] of ahead.entries())
      if (!((found[k] as number) > 0)) brackets[i] = { low, high, atLow, atHigh: found[k] as number, slow: false };
    ahead = ahead.flatMap((each, k) => (brackets[each.i] ? [] : [{ ...each, low: high, atLow: found[k] as number }]));
    if (high >= maximum) break;
  }
  return brackets;
}

/** Where the secant crosses zero, moved by less than the tolerance towards the farther end, so that both ends close in. */
function nextDistance({ low, high, atLow, atHigh, slow }: Bracket, tolerance: number): number {
  const middle = (low + high) / 2;
  const secant = low + ((high - low) * atLow) / (atLow - atHigh);
  if (slow || !Number.isFinite(secant)) return middle;
  const nudge = 0.4 * tolerance * high;
  const moved = secant < middle ? secant + nudge : secant - nudge;
  return moved > low && moved < high ? moved : middle;
}

function narrowed(bracket: Bracket, distance: number, margin: number): Bracket {
  const next =
    margin > 0 ? { ...bracket, low: distance, atLow: margin } : { ...bracket, high: distance, atHigh: margin };
  return { ...next, slow: next.high - next.low > (bracket.high - bracket.low) / 2 };
}

/** The margin of each ray's label at a distance. */
async function marginsAt(
  scorer: Scorer,
  rays: readonly Ray[],
  distances: readonly number[],
  signal?: AbortSignal,
): Promise<number[]> {
  const margins: number[] = [];
  for (let start = 0; start < rays.length; start += POINTS) {
    await setImmediate(); // lets an interruption arrive
    signal?.throwIfAborted();
    const part = rays.slice(start, start + POINTS);
    const points = new Float32Array(part.length * scorer.values);
    for (const [k, { origin, direction }] of part.entries()) {
      const distance = distances[start + k] as number;
      for (let i = 0, at = k * scorer.values; i < scorer.values; i++, at++)
        points[at] = (origin[i] as number) + distance * (direction[i] as number);
    }
    const labels = part.map(({ label }) => label);
    margins.push(...marginsOf(await scorer.scores(points), scorer.classes, labels));
  }
  return margins;
}
