import { setImmediate } from "node:timers/promises";
import type { ImageRemarks } from "../data/batches.js";
import { UserError } from "../errors.js";
import type { Tensors } from "../runtime/session.js";
import { Meter, psnrOf } from "./meter.js";
import type { Checkpoint, RunFolder } from "./run-folder.js";
import { learningRate } from "./schedule.js";
import type { TrainingStep } from "./step.js";
import { type LoadedStep, takeStep } from "./take-step.js";

/** Options of a training loop. */
export interface Loop {
  /** Folder for the log and the checkpoints. */
  readonly folder: RunFolder;
  /** The graphs of the steps, one per step in turn. They have the same state. */
  readonly graphs: readonly LoadedStep[];
  /** Total number of steps of the run. */
  readonly steps: number;
  /** Peak learning rate. */
  readonly lr: number;
  /** Steps at which the learning rate is multiplied by 0.1. Default: none, which selects cosine decay. */
  readonly lrDrops?: readonly number[];
  /** Number of steps between checkpoints. Default: 100. */
  readonly checkpointEvery?: number | undefined;
  /** Stops the run after the current step. A checkpoint is written. */
  readonly signal?: AbortSignal | undefined;
  /** The images and labels of step 0, 1, … */
  batch(step: number): Promise<Tensors>;
  /** The remarks on the images of the batches so far. */
  readonly remarks: ImageRemarks;
  /**
   * Checks the first step of a fresh run with each of the graphs, from its inputs and outputs. An error that it throws ends the
   * run.
   */
  checkFirst?(step: number, feeds: Tensors, results: Tensors): Promise<void>;
  /** The output that holds the mean squared error of the restored images, for their PSNR. Default: none. */
  readonly squaredError?: string;
  /** Called after each step. */
  onStep?(progress: StepProgress): void;
}

/** The state of a training after a step. */
export interface StepProgress {
  /** Number of completed steps. */
  readonly step: number;
  /** Learning rate of the step. */
  readonly lr: number;
  /** The total `loss` and its named parts. */
  readonly losses: Readonly<Record<string, number>>;
  /** PSNR of the step's restored images, in dB; NaN if the step restores none. */
  readonly psnr: number;
}

/** Number of steps that each log entry is averaged over. */
const LOG_EVERY = 10;

/**
 * The checkpoint that a run of `steps` steps resumes from, or its initial state. Log entries of later steps are removed, and
 * the last one of a run that is extended, which may have averaged over fewer steps.
 * @throws UserError when the checkpoint is damaged or of another training.
 */
export async function resumed(folder: RunFolder, { state }: TrainingStep, steps: number): Promise<Checkpoint> {
  const checkpoint = (await folder.readCheckpoint()) ?? { step: 0, state };
  requireState(folder.path, checkpoint.state, state);
  await folder.rewindLog((step) => step <= checkpoint.step && (step % LOG_EVERY === 0 || step === steps));
  return checkpoint;
}

/** @throws UserError when the tensors of a checkpoint are not those of the training. */
function requireState(path: string, found: Tensors, expected: Tensors): void {
  const shapeIn = (state: Tensors, name: string) =>
    Object.hasOwn(state, name) ? `${state[name]?.type} [${state[name]?.shape.join(", ")}]` : "absent";
  for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const [is, should] = [shapeIn(found, name), shapeIn(expected, name)];
    if (is !== should)
      throw new UserError(
        `cannot resume ${path}: its checkpoint is damaged or of another training: the tensor "${name}" is ${is}; expected ${should}`,
      );
  }
}

/**
 * Trains from a checkpoint until the last step or until the signal aborts.
 * @returns the last state, which is also written to the run's folder as a checkpoint.
 * @throws UserError when the loss is not finite.
 */
export async function runSteps(loop: Loop, from: Checkpoint): Promise<Checkpoint> {
  const { folder, graphs, steps, signal, remarks, checkpointEvery = 100 } = loop;
  let { step, state } = from;
  const meter = new Meter(from.sums);
  while (step < steps && !signal?.aborted) {
    const lr = learningRate(loop.lr, step, steps, loop.lrDrops);
    const taken = await takeStep(inTurn(graphs, step), state, await loop.batch(step), { lr, at: step });
    const { feeds, results, losses } = taken;
    if (step < graphs.length) await loop.checkFirst?.(step, feeds, results);
    state = taken.state;
    step++;
    const squaredError = Number(results[loop.squaredError ?? ""]?.data[0]);
    meter.add(losses, squaredError);
    if (step % LOG_EVERY === 0 || step === steps) await folder.log({ step, lr, ...meter.means() });
    if (step % LOG_EVERY === 0) meter.reset();
    if (step % checkpointEvery === 0) await folder.writeCheckpoint({ step, state, sums: meter.sums, remarks });
    loop.onStep?.({ step, lr, losses, psnr: psnrOf(squaredError) });
    await setImmediate(); // lets signals and the loader's messages be handled
  }
  if (step > from.step) await folder.writeCheckpoint({ step, state, sums: meter.sums, remarks });
  return { step, state };
}

/** The entry for a step of a list that is repeated. */
export const inTurn = <Entry>(entries: readonly Entry[], step: number): Entry =>
  entries[step % entries.length] as Entry;
