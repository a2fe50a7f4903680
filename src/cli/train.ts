import { Command, Option } from "commander";
import { openDataset } from "../data/dataset.js";
import { UserError } from "../errors.js";
import { lowerings } from "../lowering/index.js";
import { DEFAULT_NETWORK, networks } from "../networks/index.js";
import { findObjective, objectives } from "../objectives/index.js";
import type { TrainingConfig } from "../training/run-folder.js";
import { train } from "../training/train.js";
import {
  addRecognizerOptions,
  addTaskOptions,
  number,
  positiveInteger,
  type RecognizerFlags,
  recognizerFrom,
  several,
  taskFrom,
} from "./options.js";
import { progress } from "./progress.js";
import { stopSignal } from "./stop.js";

interface Flags extends RecognizerFlags, Record<string, unknown> {
  task: string;
  objective: string;
  lambda?: number;
  recognizer?: string;
  processor: string;
  init?: string;
  freeze: string[];
  data: string[];
  steps: number;
  batch: number;
  crop: number;
  lr: number;
  seed: number;
  out: string;
  resume: boolean;
  checkpoint: number;
  threads?: number;
  device?: "cpu" | "cuda" | "webgpu";
  lowering: string;
}

const objectiveHelp = objectives.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join("\n");
const loweringHelp = lowerings.map(({ name, summary }) => `  ${name.padEnd(20)} ${summary}`).join("\n");
const networkHelp = networks.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join("\n");

const description = "train a processor, with the loss of a recognizer beside the image loss or without";

const command = addTaskOptions(new Command("train").description(description))
  .addOption(
    new Option("--objective <name>", "what to minimize").choices(objectives.map(({ name }) => name)).default("plain"),
  )
  .option("--lambda <x>", "weight of the recognition loss (default: the objective's)", number)
  .option("--recognizer <file>", "the frozen recognizer R (any ONNX classifier)")
  .option("--processor <name|file>", "the processor P: a network below, or an ONNX file to go on from", DEFAULT_NETWORK)
  .option("--init <file>", "begin with the weights of this trained processor of the same make")
  .option(
    "--freeze <pattern>",
    "keep weights whose names match, such as 'body.*'; may be given several times",
    several,
    [],
  )
  .requiredOption("--data <folder>", "training images; may be given several times", several)
  .requiredOption("--steps <n>", "steps of the optimizer", positiveInteger)
  .option("--batch <n>", "images in a step", positiveInteger, 8)
  .option("--crop <pixels>", "side of the clean crops", positiveInteger, 128)
  .option("--lr <x>", "highest learning rate of Adam; it falls along a cosine", number, 5e-4)
  .option("--seed <n>", "of everything random", number, 0)
  .requiredOption("--out <folder>", "the run's folder: model.onnx, log.jsonl, checkpoint, configuration")
  .option("--resume", "continue the run in --out from its checkpoint, if there is one", false)
  .option("--checkpoint <steps>", "write a checkpoint every so many steps", positiveInteger, 100)
  .option("--threads <n>", "threads to compute with (default: one per core)", positiveInteger)
  .addOption(new Option("--device <name>", "where to compute").choices(["cpu", "cuda", "webgpu"]).default("cpu"))
  .option("--lowering <names>", "faster forms of the graph, for diagnosis: all, none, or names below", "all");

export const trainCommand = addRecognizerOptions(command)
  .addHelpText(
    "after",
    `
Objectives:
${objectiveHelp}

Processors:
${networkHelp}

Lowerings:
${loweringHelp}

An ONNX file takes and gives RGB in [0, 1], NCHW, unless the JSON beside it says otherwise ("layout", "channels", "range",
"mean", "std"), such as {"output": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}} for a tanh. What is written has its
inputs, outputs and names. In --freeze, * stands for any characters and ? for one.

The objective ra needs classes: a labels.csv in each folder (columns file, class_index), or one folder per class.
Ctrl-C writes a checkpoint; --resume gives the same weights as not having stopped.

Examples:
  $ legible train --objective plain --data photos --steps 2000 --out runs/plain
  $ legible train --objective ra --recognizer squeezenet1_1.onnx --lambda 1e-3 --data imagenet/train \\
      --init runs/plain/model.onnx --crop 224 --steps 2000 --out runs/ra
  $ legible train --objective ra --recognizer resnet18.onnx --processor their-sr.onnx --data photos --steps 500 --out runs/theirs`,
  )
  .action(run);

async function run(flags: Flags): Promise<void> {
  const task = taskFrom(flags);
  const objective = findObjective(flags.objective);
  if (flags.lr <= 0) throw new UserError("--lr has to be above 0");
  const dataset = await openDataset(flags.data, { needLabels: objective.needsLabels });
  const config: TrainingConfig = {
    task: task.name,
    options: { ...task.options },
    objective: objective.name,
    lambda: flags.lambda ?? objective.defaultLambda,
    recognizer: flags.recognizer ?? null,
    processor: flags.processor,
    init: flags.init ?? null,
    freeze: flags.freeze,
    data: flags.data,
    steps: flags.steps,
    batch: flags.batch,
    crop: flags.crop,
    lr: flags.lr,
    seed: flags.seed,
    lowering: flags.lowering,
  };
  let bar = progress(config.steps, "training", { lines: false });
  bar.stop();
  const result = await train({
    config,
    task,
    dataset,
    out: flags.out,
    resume: flags.resume,
    preprocessing: recognizerFrom(flags),
    ...(flags.device && { device: flags.device }),
    ...(flags.threads && { threads: flags.threads }),
    checkpointEvery: flags.checkpoint,
    signal: stopSignal(),
    onStart: ({ device, step, parameters, frozen, constant, view, notes }) => {
      console.error(
        `training ${task.name} x${task.scale} on ${device}: ${flags.processor}, ${parameters.toLocaleString("en")} weights to train\n` +
          (frozen > 0 ? `  frozen       ${frozen.toLocaleString("en")} weights (${flags.freeze.join(", ")})\n` : "") +
          (constant.size > 0 ? `  constant     ${constants(constant)}\n` : "") +
          `  objective    ${objective.name}${objective.needsRecognizer ? `, lambda ${config.lambda}` : ""}\n` +
          (view ? `  recognizer   ${flags.recognizer} (sees the crops: ${view})\n` : "") +
          notes.map((note) => `  note         ${note}\n`).join("") +
          `  images       ${dataset.items.length} in ${flags.data.join(", ")}\n` +
          `  steps        ${step > 0 ? `${step} of ` : ""}${config.steps}${step > 0 ? " done" : ""}, batch ${config.batch}, crop ${config.crop}`,
      );
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
  if (result.step < config.steps) {
    console.error(`stopped after step ${result.step} of ${config.steps}; the same command with --resume continues`);
    process.exitCode = 130;
  }
  console.log(result.model);
}

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
