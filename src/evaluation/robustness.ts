import type { Interval } from "./interval.js";

/** How far the spectral power at the frequencies of the pixel lattice is above that around them: see `latticeRatio`. */
export interface Lattice {
  /** At (1/4, 1/4) and (1/4, -1/4) cycles/pixel; 1: no pattern; null: the images have no detail. */
  readonly quarter: number | null;
  readonly quarter_ci95: Interval;
  /** At (1/2, 1/2) cycles/pixel. */
  readonly half: number | null;
  readonly half_ci95: Interval;
}

/** A gain in percentage points. */
export interface MeanFigure {
  /** Null: a judge's figure is not defined. */
  readonly points: number | null;
  readonly ci95: Interval;
}

/** How many percentage points one row is above another, as the mean over judges. */
export interface MeanGain extends MeanFigure {
  readonly processor: string;
  readonly over: string;
  /** The mean over the judges that no processor was trained with; absent if `MeanGains` names none. */
  readonly unseen?: MeanFigure;
}

/** Means over judges. The intervals are those of a paired bootstrap over images with the mean over judges in each resample. */
export interface MeanGains {
  /** The judges of the mean, which are of one kind: classifiers, else detectors, else segmenters, else services (agreement). */
  readonly judges: readonly string[];
  /** Those that no processor was trained with; absent: all of them, or none. */
  readonly unseen?: readonly string[];
  readonly gains: readonly MeanGain[];
}

/** A gain after a handling. */
export interface SurvivingFigure extends MeanFigure {
  /** The percentage that it is of the gain without handling; null where the interval of that includes 0. */
  readonly left: number | null;
  /** Of `left`: images are resampled jointly for both gains. */
  readonly left_ci95: Interval;
}

/** How much of the gain of one row over another is left after a handling of both. */
export interface SurvivingGain {
  readonly processor: string;
  readonly over: string;
  /** By judge. */
  readonly judges: Readonly<Record<string, SurvivingFigure>>;
  /** Over the judges that `mean_gains` names; absent without it. */
  readonly mean?: SurvivingFigure;
  readonly unseen?: SurvivingFigure;
}

/** Figures and gains after a handling of all images. */
export interface HandledFigures {
  /** Its name, such as "jpeg:85". */
  readonly after: string;
  /** The figure of each row in percent, by judge: top-1, mAP (11-point), mIoU or agreement. */
  readonly rows: readonly { readonly processor: string; readonly judges: Readonly<Record<string, number | null>> }[];
  /** Of the same pairs as the gains. */
  readonly gains: readonly SurvivingGain[];
}

/** What is left of gains after handlings. */
export interface Survival {
  readonly handlings: readonly HandledFigures[];
}

/** Correlation coefficients over processors; null if one of the variables is constant. */
export interface Correlation {
  readonly pearson: number | null;
  readonly spearman: number | null;
}

/** Correlations over the processors, without "none", "clean" and a control, between mean PSNR and the figure of a judge. */
export interface Correlations {
  /** The processors that count: those with a finite PSNR. */
  readonly processors: number;
  readonly judges: Readonly<Record<string, Correlation>>;
  /** With the mean figure over the judges that `mean_gains` names; absent without it. */
  readonly mean?: Correlation;
}
