import type { ProtocolName } from "./protocols.js";

/** The setting of an evaluation: everything except the measurements of single images. */
export interface EvaluationSetting {
  readonly task: string;
  /** Of the task, such as {"sigma": 0.1}. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly scale: number;
  readonly protocol: ProtocolName;
  /** Pixels cropped from each side before PSNR and SSIM. */
  readonly crop_border: number;
  readonly data: {
    readonly folders: readonly string[];
    /** Which images of the folders were selected, such as "test part"; absent: all. */
    readonly selection?: string;
    /** Images evaluated. */
    readonly count: number;
    readonly skipped: readonly Skipped[];
    /** Files in the folders that are not read, such as formats that cannot be decoded; absent: none. */
    readonly left_out?: readonly Skipped[];
    /** Images that were evaluated although their file is flawed; absent: none. */
    readonly flawed?: readonly Flawed[];
  };
  /** Seed of the random part of degradations and of the bootstrap. */
  readonly seed: number;
}

/** The result of an evaluation, written as JSON unchanged. Percentages are 0 to 100, intervals [low, high] at 95 %. */
export interface Evaluation extends EvaluationSetting {
  /** "none" (interpolated) first, then each processor, "clean" last. */
  readonly rows: readonly Row[];
  /** Of each processor over "none" and over each processor before it. */
  readonly gains: readonly Gain[];
  /** Of the same pairs as the gains. */
  readonly flips: readonly Flips[];
}

/** An image that could not be evaluated. */
export interface Skipped {
  readonly file: string;
  readonly reason: string;
}

/** An image whose file has no end marker, or whose decoder warned of damaged data. */
export interface Flawed {
  readonly file: string;
  /** What is wrong. */
  readonly reason: string;
}

/** Means over the images. */
export interface Row {
  readonly processor: string;
  /** In dB on RGB against the clean image, where an image counts with at most 60 dB; null: all images equal the clean ones. */
  readonly psnr: number | null;
  /** Images that equal the clean ones, whose PSNR is infinite; absent: none, or all. */
  readonly exact?: number;
  /** On RGB against the clean image; 1 for equal images. */
  readonly ssim: number;
  /** In dB on Y of BT.601, where the protocol measures it, limited as `psnr`; null: all are equal. */
  readonly psnr_y?: number | null;
  /** On Y of BT.601, where the protocol measures it. */
  readonly ssim_y?: number;
  /** By judge. */
  readonly recognizers: Readonly<Record<string, Accuracy>>;
}

/** In percent, with Wilson's interval. */
export interface Accuracy {
  readonly top1: number;
  readonly top5: number;
  readonly top1_ci95: readonly [low: number, high: number];
}

/** How many percentage points of top-1 one row is above another, with the interval of a paired bootstrap. */
export interface Gain {
  readonly processor: string;
  readonly over: string;
  readonly recognizer: string;
  readonly top1: number;
  readonly ci95: readonly [low: number, high: number];
}

/** Images whose top-1 prediction is right in only one of two rows. */
export interface Flips {
  readonly processor: string;
  readonly over: string;
  readonly recognizer: string;
  /** Images right in the row `over` and wrong in the row `processor`. */
  readonly harmful: number;
  /** Images wrong in the row `over` and right in the row `processor`. */
  readonly helpful: number;
  /** Two-sided p-value of McNemar's test. */
  readonly p: number;
}
