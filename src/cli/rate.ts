import type { Pace } from "../reporter.js";

/** The rate of an operation and the time that it still takes. */
export interface Rate {
  /** "12/s"; "" until it is known. */
  readonly rate: string;
  /** "3 min left"; "" until it is known. */
  readonly left: string;
}

/** Below this the first estimates would only mislead. */
const SETTLED_MS = 500;

/**
 * Measures an operation from its first update, because a resumed one starts with what is complete.
 * @param total number of units.
 * @param now the time in milliseconds.
 */
export function rateSinceFirst(total: number, now: () => number = () => performance.now()): (done: number) => Rate {
  let first: { readonly done: number; readonly time: number } | undefined;
  return (done) => {
    const time = now();
    first ??= { done, time };
    const elapsed = time - first.time;
    if (done === first.done || elapsed < SETTLED_MS) return { rate: "", left: "" };
    const perSecond = ((done - first.done) * 1000) / elapsed;
    return textOf({ perSecond, secondsLeft: (total - done) / perSecond });
  };
}

/** A pace in words. */
export const textOf = ({ perSecond, secondsLeft }: Pace): Rate => ({
  rate: rateText(perSecond),
  left: `${durationText(secondsLeft)} left`,
});

/** "12/s", "1.3/s", "5/min" */
function rateText(perSecond: number): string {
  if (perSecond >= 10) return `${perSecond.toFixed(0)}/s`;
  if (perSecond >= 0.1) return `${perSecond.toFixed(1)}/s`;
  return `${(perSecond * 60).toPrecision(1)}/min`;
}

/** "45 s", "3 min", "2 h 5 min" */
function durationText(seconds: number): string {
  if (seconds < 99.5) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
