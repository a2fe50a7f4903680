import { z } from "zod";
import { MAX_PSNR } from "../metrics/psnr.js";

/** The sums of the steps since the last log entry. */
export const LogSums = z.object({
  losses: z.record(z.string(), z.number()),
  /** Null if the steps restore no images. */
  squaredError: z.number().nullable(),
  count: z.number().int().nonnegative(),
});
export type LogSums = z.infer<typeof LogSums>;

/** Sums from a checkpoint; undefined if it has none. */
export function sumsFrom(text: string | undefined): LogSums | undefined {
  try {
    return LogSums.parse(JSON.parse(text ?? ""));
  } catch {
    return undefined;
  }
}

/** PSNR in dB of a mean squared error of images in [0, 1], at most `MAX_PSNR`; NaN if the step restores no images. */
export const psnrOf = (squaredError: number): number => Math.min(-10 * Math.log10(squaredError), MAX_PSNR);

/** Averages losses and squared errors over steps. */
export class Meter {
  private losses: Record<string, number>;
  private squaredError: number;
  private count: number;

  /** @param sums the sums to continue from; they make a resumed run's log equal to that of an uninterrupted one. */
  constructor({ losses, squaredError, count }: LogSums = { losses: {}, squaredError: 0, count: 0 }) {
    this.losses = { ...losses };
    this.squaredError = squaredError ?? Number.NaN;
    this.count = count;
  }

  add(losses: Readonly<Record<string, number>>, squaredError: number): void {
    this.count++;
    this.squaredError += squaredError;
    for (const [name, value] of Object.entries(losses)) this.losses[name] = (this.losses[name] ?? 0) + value;
  }

  get sums(): LogSums {
    const { losses, squaredError, count } = this;
    return { losses: { ...losses }, squaredError: Number.isNaN(squaredError) ? null : squaredError, count };
  }

  /** The mean losses, and the mean squared error as PSNR. */
  means(): Record<string, number> {
    const means = Object.fromEntries(Object.entries(this.losses).map(([name, sum]) => [name, sum / this.count]));
    const psnr = psnrOf(this.squaredError / this.count);
    return { ...means, ...(Number.isNaN(psnr) ? {} : { psnr }) };
  }

  reset(): void {
    [this.losses, this.squaredError, this.count] = [{}, 0, 0];
  }
}
