import { parentPort, workerData } from "node:worker_threads";
import { UserError } from "../errors.js";
import type { StepProgress } from "../training/loop.js";
import type { TrainingSettings } from "../training/settings.js";
import { type RunOptions, type TrainOptions, train } from "../training/train.js";
import { type RecognizerTraining, trainRecognizer } from "../training/train-recognizer.js";

type NotSent = "signal" | "onStart" | "onStep";

/** A training as plain values: the data that a worker is started with. */
export type ThreadTraining =
  | {
      readonly kind: "processor";
      readonly options: TrainingSettings & Pick<TrainOptions, "dataset"> & Omit<RunOptions, NotSent>;
    }
  | { readonly kind: "recognizer"; readonly options: Omit<RecognizerTraining, NotSent> };

/** The only request to a worker: the training writes a checkpoint and ends. */
export type Request = "abort";

/** A worker's replies: each step, or why the training failed. The worker ends with the training. */
export type Reply = StepProgress | { readonly failure: string };

if (!parentPort) throw new Error("training-worker.js must run as a worker thread started by trainInThread");
const port = parentPort;
const stop = new AbortController();
port.once("message", (_: Request) => stop.abort());

const { kind, options } = workerData as ThreadTraining;
const running = {
  signal: stop.signal,
  onStep: (progress: StepProgress) => port.postMessage(progress satisfies Reply),
};
try {
  if (kind === "processor") await train({ ...options, ...running });
  else await trainRecognizer({ ...options, ...running });
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  port.postMessage({ failure: error.message } satisfies Reply);
} finally {
  port.close();
}
