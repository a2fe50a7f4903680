import { Worker } from "node:worker_threads";
import { UserError } from "../errors.js";
import type { StepProgress } from "../training/loop.js";
import type { Reply, Request, ThreadTraining } from "./training-worker.js";

/**
 * Runs a training in a worker thread: ONNX Runtime's `run()` blocks the thread that calls it, so trainings run at the same
 * time only in threads of their own. When the signal aborts, the training ends after the running step with a checkpoint.
 * @throws UserError as the training does.
 */
export async function trainInThread(
  training: ThreadTraining,
  { signal, onStep }: { readonly signal: AbortSignal; onStep(progress: StepProgress): void },
): Promise<void> {
  const worker = new Worker(new URL("./training-worker.js", import.meta.url), { workerData: training });
  const abort = () => worker.postMessage("abort" satisfies Request);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    await new Promise<void>((resolve, reject) => {
      let failure: Error | undefined;
      worker.on("message", (reply: Reply) => {
        if ("failure" in reply) failure = new UserError(reply.failure);
        else onStep(reply);
      });
      worker.on("error", reject);
      worker.on("exit", () => (failure ? reject(failure) : resolve()));
    });
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
