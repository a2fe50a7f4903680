import type { Batch, ImageRemarks } from "../data/batches.js";
import type { Loader } from "../data/loader.js";
import { sizeOf } from "../onnx/tensor.js";
import { findPasses } from "../passes/index.js";
import { type Device, Session, type Tensors } from "../runtime/session.js";
import { resumed, runSteps } from "./loop.js";
import type { Checkpoint, RunFolder } from "./run-folder.js";
import { type Forward, trainingStep } from "./step.js";
import type { RunOptions } from "./train.js";

/** Options of `trainFromScratch`. */
export interface ScratchTraining {
  readonly folder: RunFolder;
  readonly forward: Forward;
  readonly steps: number;
  /** Peak learning rate. */
  readonly lr: number;
  /** Opens the training images from a step on. */
  open(from: { readonly firstStep: number; readonly earlier: ImageRemarks | undefined }): Loader<"image">;
  /** The inputs of the step's graph for a batch. */
  feeds(batch: Batch<"image">): Tensors;
  onStart(start: ScratchStart): void;
}

export interface ScratchStart {
  readonly device: Device;
  /** Steps that were completed before this call. */
  readonly step: number;
  /** Trained values. */
  readonly parameters: number;
}

/** The last state of a training, and the remarks on its images. */
export type ScratchEnd = Checkpoint & { readonly remarks: ImageRemarks };

/** Trains a network from its initial weights or from the checkpoint in its folder. */
export async function trainFromScratch(
  { folder, forward, steps, lr, open, feeds, onStart }: ScratchTraining,
  options: Omit<RunOptions, "onStart">,
): Promise<ScratchEnd> {
  const { signal, checkpointEvery, device, onStep } = options;
  const training = await trainingStep(forward, findPasses("all", device ?? "cpu"));
  const session = await Session.create(training.graph, options);
  const start = await resumed(folder, training, steps);
  const loader = open({ firstStep: start.step, earlier: start.remarks });
  const parameters = training.parameters.reduce((sum, name) => sum + sizeOf(start.state[name]?.shape ?? []), 0);
  onStart({ device: session.device, step: start.step, parameters });
  const loop = {
    ...{ folder, graphs: [{ session, step: training }], steps, lr, checkpointEvery, signal, remarks: loader },
    batch: async () => feeds(await loader.next()),
  };
  const end = await runSteps({ ...loop, ...(onStep && { onStep }) }, start).finally(async () => {
    await loader.close();
    await session.release();
  });
  return { ...end, remarks: { broken: loader.broken, flawed: loader.flawed } };
}
