/** What an evaluation found; written as JSON as it stands. Percentages are 0 to 100, intervals [low, high] at 95 %. */
export interface Evaluation {
  task: string;
  /** Of the task, such as {"sigma": 0.1}. */
  options: Readonly<Record<string, unknown>>;
  scale: number;
  data: {
    folders: readonly string[];
    /** What was taken of them, in words; absent when it is everything. */
    selection?: string;
    /** Images judged. */
    count: number;
    skipped: readonly Skipped[];
  };
  /** Seed of whatever is random in the degradation and in the bootstrap. */
  seed: number;
  /** "none" (interpolated) first, then each processor, "clean" last. */
  rows: readonly Row[];
  gains: readonly Gain[];
}

export interface Skipped {
  file: string;
  reason: string;
}

/** Means over the images. */
export interface Row {
  processor: string;
  /** In dB against the clean image; null where that is infinite. */
  psnr: number | null;
  /** Against the clean image, 1 for equal ones. */
  ssim: number;
  recognizers: Record<string, Accuracy>;
}

/** In percent; the interval is Wilson's. */
export interface Accuracy {
  top1: number;
  top5: number;
  top1_ci95: [low: number, high: number];
}

/** How many percentage points of top-1 one row is above another; the interval is from a paired bootstrap. */
export interface Gain {
  processor: string;
  over: string;
  recognizer: string;
  top1: number;
  ci95: [low: number, high: number];
}
