import { omissionsOf, titleOfData } from "../data/settings.js";
import type { Progress, Reporter } from "../reporter.js";
import type { ResolvedTraining } from "../training/resolve.js";
import { type RunOptions, runTraining, type TrainingResult, type TrainingStart } from "../training/train.js";
import { reportImages } from "./reported-images.js";

/** Steps between JSON lines if standard error is not a terminal. */
const LINE_EVERY = 50;

/** Reports a step as a line of JSON with six digits a number: every 50 steps and the last, if there is no progress bar. */
export function reportStep(
  { step, of, ...values }: Readonly<Record<string, number>> & { readonly step: number; readonly of: number },
  report: Reporter,
): void {
  if (report.interactive || (step % LINE_EVERY !== 0 && step !== of)) return;
  const rounded = Object.entries(values).map(([name, value]) => [name, Number(value.toPrecision(6))]);
  report.info(JSON.stringify({ step, of, ...Object.fromEntries(rounded) }));
}

/** Runs a training and reports its progress: a bar on a terminal, a line of JSON every 50 steps elsewhere. */
export async function reportedTraining(
  training: ResolvedTraining,
  options: Omit<RunOptions, "onStart" | "onStep">,
  report: Reporter,
): Promise<TrainingResult> {
  const { steps } = training.config;
  let bar: Progress | undefined;
  const result = await runTraining(training, {
    ...options,
    onStart: (start) => {
      report.info([startLines(training, start), ...omissionsOf(training.dataset)].join("\n"));
      bar = report.progress(steps, "training", { lines: false });
    },
    onStep: ({ step, losses, psnr, lr }) => {
      const parts = Object.entries(losses).map(([name, value]) => `${name} ${value.toPrecision(3)}`);
      bar?.update(step, `${parts.join("  ")}  ${psnr.toFixed(2)} dB`);
      reportStep({ step, of: steps, ...losses, psnr, lr }, report);
    },
  }).finally(() => bar?.stop());
  reportImages(result.broken, result.flawed, report);
  return result;
}

/** What runs, on which device, with how many images. */
function startLines({ config, settings, task, dataset }: ResolvedTraining, start: TrainingStart): string {
  const { device, step, parameters, transformer, frozen, constant, recognizers, notes } = start;
  const { recognizer: files = [], freeze = [] } = settings;
  const lines = [
    `training ${task.name} x${task.scale} on ${device}: ${settings.processor}, ${weights(parameters)} to train`,
  ];
  if (transformer > 0) lines.push(`  transformer  ${config.transformer}, ${weights(transformer)} to train`);
  if (frozen > 0) lines.push(`  frozen       ${weights(frozen)} (${freeze.join(", ")})`);
  if (constant.size > 0) lines.push(`  constant     ${constants(constant)}`);
  lines.push(`  objective    ${config.objective}${recognizers.length > 0 ? `, lambda ${config.lambda}` : ""}`);
  for (const [i, { view, weight, heads, features }] of recognizers.entries()) {
    const factor = recognizers.length > 1 ? `, weight ${weight}` : "";
    const compared = [...(heads ?? []), ...(features ?? [])];
    const inside = compared.length > 0 ? `, compared at ${compared.join(", ")}` : "";
    lines.push(`  recognizer   ${files[i]?.file} (input: ${view}${factor}${inside})`);
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
