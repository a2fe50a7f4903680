import type { z } from "zod";
import type { Dataset } from "../data/dataset.js";
import { omissionsOf } from "../data/settings.js";
import { reportImages } from "../experiments/reported-images.js";
import { reportStep } from "../experiments/reported-training.js";
import type { Progress } from "../reporter.js";
import type { ScratchStart } from "../training/scratch.js";
import type { RunOptions } from "../training/train.js";
import type { Context, Ended, Given } from "./command.js";
import { interruptedRun } from "./resumed-run.js";

/** The start of a training from scratch. */
interface Start extends ScratchStart {
  readonly network: string;
  readonly size: number;
  readonly steps: number;
  readonly batch: number;
  readonly sets: { readonly training: Dataset; readonly heldOut: Dataset | null };
}

/** The end of a training from scratch. */
interface Result {
  readonly step: number;
  readonly steps: number;
  readonly model: string | null;
  readonly broken: ReadonlyMap<string, string>;
  readonly flawed: ReadonlyMap<string, string>;
}

/** What differs between the trainings of recognizers and of detectors. */
interface ScratchCommand<S extends Start, R extends Result> {
  /** The settings that determine the result. */
  readonly schema: z.ZodObject;
  train(options: Given & Omit<RunOptions, "onStart"> & { onStart(start: S): void }): Promise<R>;
  /** Number of classes. */
  classesOf(start: S): number;
  /** A line on the held-out images; undefined if there are none. */
  heldOutLine(result: R): string | undefined;
}

interface ScratchSettings {
  readonly out: string;
  readonly resume: boolean;
  readonly checkpoint: number;
  readonly threads?: number | undefined;
}

/** Runs a command that trains a network from scratch. Prints the file of the trained network. */
export async function runScratch<S extends Start, R extends Result>(
  { schema, train, classesOf, heldOutLine }: ScratchCommand<S, R>,
  { out, resume, checkpoint, threads }: ScratchSettings,
  { report, print, signal }: Context,
  given: Given,
): Promise<Ended> {
  let bar: Progress | undefined;
  let [steps, missing] = [0, 0];
  const result = await train({
    ...Object.fromEntries(Object.entries(given).filter(([key]) => key in schema.shape)),
    ...{ out, resume, checkpointEvery: checkpoint, signal, threads },
    onStart: (start) => {
      steps = start.steps;
      missing = start.sets.training.missing.length + (start.sets.heldOut?.missing.length ?? 0);
      report.info(startLines(start, classesOf(start)));
      bar = report.progress(steps, "training", { lines: false });
    },
    onStep: ({ step, losses, lr }) => {
      bar?.update(step, `loss ${losses.loss?.toPrecision(3)}`);
      reportStep({ step, of: steps, ...losses, lr }, report);
    },
  }).finally(() => bar?.stop());
  reportImages(result.broken, result.flawed, report);
  if (result.model === null) {
    report.info(interruptedRun(result));
    return "interrupted";
  }
  const line = heldOutLine(result);
  if (line !== undefined) report.info(line);
  print(result.model);
  return { unusable: missing + result.broken.size };
}

function startLines({ network, device, parameters, step, steps, batch, size, sets }: Start, classes: number): string {
  const done = step > 0 ? `${step} of ${steps} done` : steps;
  const counts = `${sets.training.items.length} for training, ${sets.heldOut?.items.length ?? 0} held out`;
  const omitted = [sets.training, ...(sets.heldOut ? [sets.heldOut] : [])].flatMap(omissionsOf);
  return (
    `training ${network} on ${device}, ${parameters.toLocaleString("en")} weights\n` +
    `  steps        ${done}, batch ${batch}, ${size} x ${size} pixels\n` +
    [`  images       ${counts}; ${classes} classes`, ...omitted].join("\n")
  );
}

/** "40.3 % [38.1, 42.5]" of shares from 0 to 1. */
export function percentWithInterval(value: number, [low, high]: readonly [low: number, high: number]): string {
  const percent = (share: number) => (100 * share).toFixed(1);
  return `${percent(value)} % [${percent(low)}, ${percent(high)}]`;
}
