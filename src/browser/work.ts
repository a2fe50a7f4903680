import type { SessionOptions } from "../runtime/session.js";
import type { TrainingStepReport, UsedDevice } from "./api.js";
import type { Models } from "./models.js";

/** What a method of the worker has beside its arguments. */
export interface Work {
  readonly models: Models;
  readonly used: UsedDevice;
  /** For the sessions of the networks. */
  readonly session: SessionOptions;
  /** Aborts when the page cancels the call. */
  readonly signal: AbortSignal;
  /** Reports the completed share, 0 to 1. */
  onProgress(share: number): void;
  onStep(report: TrainingStepReport): void;
}
