import type { BrowserDevice, Legible, TrainingStepReport, UsedDevice } from "./api.js";

/** What the page sends to the worker first. */
export interface OpenRequest {
  readonly kind: "open";
  /** The folder of the files of onnxruntime-web, with a slash at the end. */
  readonly folder: string;
  readonly device: BrowserDevice | undefined;
  readonly threads: number | undefined;
}

/** The methods that the worker runs. */
export type Method = Exclude<keyof Legible, "used" | "close">;

/** A call of a method. Functions and signals cannot be sent: the answers `progress` and `step` and the request `cancel` replace them. */
export interface CallRequest {
  readonly kind: "call";
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

/** Ends a call, whose caller has its answer already. */
export interface CancelRequest {
  readonly kind: "cancel";
  readonly id: number;
}

export type Request = OpenRequest | CallRequest | CancelRequest;

/** An error as it is sent; `user` if its message is for people. */
export interface SentError {
  readonly message: string;
  readonly user: boolean;
}

export type Answer =
  | { readonly kind: "opened"; readonly used: UsedDevice }
  | { readonly kind: "progress"; readonly id: number; readonly share: number }
  | { readonly kind: "step"; readonly id: number; readonly report: TrainingStepReport }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number | undefined; readonly error: SentError };
