/** Shows how far an operation is. */
export interface Progress {
  /** `done` of the total is reached. `details` is shown behind it, such as the current loss. */
  update(done: number, details?: string): void;
  stop(): void;
}

export interface ProgressOptions {
  /** Whether to write a line for every tenth where there is no terminal. Default: true. */
  readonly lines?: boolean;
}

/** How a long operation reports to a person. The command line writes to standard error. */
export interface Reporter {
  /** Whether a person watches: a terminal shows progress bars, a log gets lines. */
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

/** Progress that appears at its first update, so that work that is complete already shows none. */
export function lateProgress(report: Reporter, total: number, label: string, options?: ProgressOptions): Progress {
  let progress: Progress | undefined;
  return {
    update(done, details) {
      progress ??= report.progress(total, label, options);
      progress.update(done, details);
    },
    stop: () => progress?.stop(),
  };
}
