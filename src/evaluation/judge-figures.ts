import type { Resampled } from "./resampled.js";

/** The main figure of a judge, as a share from 0 to 1: top-1, mAP (11-point), mIoU or agreement. */
export interface JudgeFigures {
  readonly judge: string;
  /** By row. All rows have the same resamples, and so have all judges of a kind. */
  readonly rows: readonly Resampled[];
}
