/** Shows the progress of an operation. */
export interface Progress {
  /**
   * `done` units of the total are complete; a fraction is a part of one. `details` is also shown, such as the loss.
   * @param pace Default: measured from the updates.
   */
  update(done: number, details?: string, pace?: Pace): void;
  stop(): void;
}

/** How fast an operation is, and how long it still takes. */
export interface Pace {
  /** Units per second. */
  readonly perSecond: number;
  readonly secondsLeft: number;
}

export interface ProgressOptions {
  /** Whether to write a line for every tenth if there is no terminal. Default: true. */
  readonly lines?: boolean;
  /** If there is no terminal: write a line after at least this many seconds instead of one for every tenth. */
  readonly everySeconds?: number;
}

/** Reports the progress of a long operation. The command line writes to standard error. */
export interface Reporter {
  /** Whether the output is a terminal, which shows progress bars; a log gets lines. */
  readonly interactive: boolean;
  info(text: string): void;
  progress(total: number, label: string, options?: ProgressOptions): Progress;
}

/** Reports nothing. */
export const silentReporter: Reporter = {
  interactive: false,
  info() {},
  progress: () => ({ update() {}, stop() {} }),
};

/** Progress that appears at its first update, so that work that is already complete shows none. */
export function lateProgress(report: Reporter, total: number, label: string, options?: ProgressOptions): Progress {
  let progress: Progress | undefined;
  return {
    update(done, details, pace) {
      progress ??= report.progress(total, label, options);
      progress.update(done, details, pace);
    },
    stop: () => progress?.stop(),
  };
}
