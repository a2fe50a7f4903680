import { setImmediate } from "node:timers/promises";
import { UserError } from "../errors.js";
import type { Session, Tensors } from "../runtime/session.js";
import { adamScalars } from "./adam.js";
import type { Checkpoint, RunFolder } from "./run-folder.js";
import { learningRate } from "./schedule.js";
import { nextState, scalars, type TrainingStep } from "./step.js";

export interface Loop {
  readonly folder: RunFolder;
  readonly step: TrainingStep;
  readonly session: Session;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Highest learning rate. */
  readonly lr: number;
  /** Steps from which it is a tenth of what it was before. Default: none; it falls along a cosine. */
  readonly lrDrops?: readonly number[];
  /** A checkpoint is written after every so many steps. Default: 100. */
  readonly checkpointEvery?: number | undefined;
  /** Asks to stop after the step in hand; a checkpoint is written. */
  readonly signal?: AbortSignal | undefined;
  /** Images and labels of the next step, which is the `step`-th from 0. */
  batch(step: number): Promise<Tensors>;
  /** The output that holds the mean squared error of the step's pictures, for their PSNR. Default: there are none. */
  readonly squaredError?: string;
  onStep?(progress: StepProgress): void;
}

/** The state of a training after a step. */
export interface StepProgress {
  /** Steps done. */
  readonly step: number;
  readonly lr: number;
  /** The loss and its parts. */
  readonly losses: Readonly<Record<string, number>>;
  /** Of the step's pictures, in dB; NaN where none are restored. */
  readonly psnr: number;
}

/** Steps over which the log averages. */
const LOG_EVERY = 10;

/** Where a run goes on: its checkpoint, or the start. What the log says of later steps is dropped. */
export async function resumed(folder: RunFolder, { state }: TrainingStep): Promise<Checkpoint> {
  const checkpoint = (await folder.readCheckpoint()) ?? { step: 0, state };
  await folder.rewindLog(checkpoint.step);
  return checkpoint;
}

/**
 * Trains from a checkpoint to the end, or until the signal.
 * @returns where it came to, which stands in the run's folder too.
 * @throws UserError when the loss is no longer finite.
 */
export async function runSteps(loop: Loop, from: Checkpoint): Promise<Checkpoint> {
  const { folder, session, steps, signal, checkpointEvery = 100 } = loop;
  let { step, state } = from;
  const meter = new Meter();
  while (step < steps && !signal?.aborted) {
    const lr = learningRate(loop.lr, step, steps, loop.lrDrops);
    const rates = scalars(adamScalars(lr, step + 1));
    const results = await session.run({ ...state, ...rates, ...(await loop.batch(step)) });
    state = nextState(loop.step, results);
    step++;
    const losses = lossesIn(results);
    const squaredError = Number(results[loop.squaredError ?? ""]?.data[0]);
    meter.add(losses, squaredError);
    if (step % LOG_EVERY === 0 || step === steps) await folder.log({ step, lr, ...meter.take() });
    if (step % checkpointEvery === 0) await folder.writeCheckpoint({ step, state });
    loop.onStep?.({ step, lr, losses, psnr: psnrOf(squaredError) });
    await setImmediate(); // lets signals and the loader's messages in
  }
  if (step > from.step) await folder.writeCheckpoint({ step, state });
  return { step, state };
}

/** The outputs `loss` and `loss.NAME` as numbers under "loss" and NAME. */
function lossesIn(results: Tensors): Record<string, number> {
  const found = Object.entries(results).filter(([name]) => /^loss(\.|$)/.test(name));
  const losses = Object.fromEntries(found.map(([name, { data }]) => [name.replace("loss.", ""), Number(data[0])]));
  if (Number.isFinite(losses.loss)) return losses;
  throw new UserError(
    "the loss is no longer a finite number: lower --lr (or --lambda, if there is one) and start again",
  );
}

const psnrOf = (squaredError: number): number => -10 * Math.log10(squaredError);

/** Means of the losses since the last look, and the PSNR of the mean squared error where there is one. */
class Meter {
  private sums: Record<string, number> = {};
  private squaredError = 0;
  private count = 0;

  add(losses: Readonly<Record<string, number>>, squaredError: number): void {
    this.count++;
    this.squaredError += squaredError;
    for (const [name, value] of Object.entries(losses)) this.sums[name] = (this.sums[name] ?? 0) + value;
  }

  take(): Record<string, number> {
    const means = Object.fromEntries(Object.entries(this.sums).map(([name, sum]) => [name, sum / this.count]));
    const psnr = psnrOf(this.squaredError / this.count);
    [this.sums, this.squaredError, this.count] = [{}, 0, 0];
    return { ...means, ...(Number.isNaN(psnr) ? {} : { psnr }) };
  }
}
