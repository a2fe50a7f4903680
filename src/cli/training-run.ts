import type { Dataset } from "../data/dataset.js";
import type { Task } from "../data/task.js";
import { findObjective } from "../objectives/index.js";
import type { TrainingConfig } from "../training/run-folder.js";
import { type TrainingResult, type TrainingStart, type TrainOptions, train } from "../training/train.js";
import { DEFAULT_TRANSFORMER } from "../training/transformer.js";
import { recognizerFrom, titleOfData } from "./options.js";
import { progress } from "./progress.js";
import type { TrainingFlags } from "./training-options.js";

export interface TrainingRun extends Pick<TrainOptions, "config" | "task" | "dataset" | "out" | "signal"> {
  readonly resume: boolean;
  readonly flags: TrainingFlags;
}

/** Trains and tells on standard error how it goes. */
export async function runTraining({ flags, ...run }: TrainingRun): Promise<TrainingResult> {
  const { config, task, dataset } = run;
  let bar = progress(config.steps, "training", { lines: false });
  bar.stop();
  const result = await train({
    ...run,
    preprocessing: recognizerFrom(flags),
    ...(flags.device && { device: flags.device }),
    ...(flags.threads && { threads: flags.threads }),
    checkpointEvery: flags.checkpoint,
    onStart: (start) => {
      console.error(startLines(config, task, dataset, flags, start));
      bar = progress(config.steps, "training", { lines: false });
    },
    onStep: ({ step, losses, psnr, lr }) => {
      const parts = Object.entries(losses).map(([name, value]) => `${name} ${value.toPrecision(3)}`);
      bar.update(step, `${parts.join("  ")}  ${psnr.toFixed(2)} dB`);
      if (!process.stderr.isTTY && (step % LINE_EVERY === 0 || step === config.steps))
        console.error(JSON.stringify({ step, of: config.steps, ...losses, psnr, lr }));
    },
  }).finally(() => bar.stop());
  for (const [path, reason] of result.broken) console.error(`left out ${path}: ${reason}`);
  if (result.broken.size > 0) console.error(`${result.broken.size} images could not be read and were left out`);
  return result;
}

/** What runs, on which device, with how many images. */
function startLines(
  config: TrainingConfig,
  task: Task,
  dataset: Dataset,
  flags: TrainingFlags,
  { device, step, parameters, transformer, frozen, constant, recognizers, notes }: TrainingStart,
): string {
  const { reads } = findObjective(config.objective);
  const lines = [
    `training ${task.name} x${task.scale} on ${device}: ${flags.processor}, ${weights(parameters)} to train`,
  ];
  if (transformer > 0)
    lines.push(`  transformer  ${config.transformer ?? DEFAULT_TRANSFORMER}, ${weights(transformer)} to train`);
  if (frozen > 0) lines.push(`  frozen       ${weights(frozen)} (${flags.freeze.join(", ")})`);
  if (constant.size > 0) lines.push(`  constant     ${constants(constant)}`);
  lines.push(`  objective    ${config.objective}${reads ? `, lambda ${config.lambda}` : ""}`);
  for (const [i, { file, weight }] of (reads ? flags.recognizer : []).entries()) {
    const { view, features } = recognizers[i] ?? {};
    const factor = flags.recognizer.length > 1 ? `, weight ${weight}` : "";
    const inside = features ? `, compared at ${features.join(", ")}` : "";
    lines.push(`  recognizer   ${file} (sees the crops: ${view}${factor}${inside})`);
  }
  for (const note of notes) lines.push(`  note         ${note}`);
  lines.push(`  images       ${dataset.items.length} in ${titleOfData(dataset)}`);
  const done = step > 0 ? `${step} of ${config.steps} done` : config.steps;
  lines.push(`  steps        ${done}, batch ${config.batch}, crop ${config.crop}`);
  return lines.join("\n");
}

const weights = (count: number): string => `${count.toLocaleString("en")} weights`;

/** "running statistics (norm.mean, norm.variance and 6 more); constants of Resize (scales)" */
const constants = (groups: ReadonlyMap<string, readonly string[]>): string =>
  [...groups]
    .map(([role, names]) => {
      const more = names.length > 2 ? ` and ${names.length - 2} more` : "";
      return `${role} (${names.slice(0, 2).join(", ")}${more})`;
    })
    .join("; ");

/** Away from a terminal, a line of JSON for every so many steps. */
const LINE_EVERY = 50;
