import { Command } from "commander";
import { openLabelledSets } from "../data/labelled-sets.js";
import { UserError } from "../errors.js";
import { recognizerNetworks } from "../networks/recognizers/index.js";
import type { HeldOutAccuracy } from "../training/held-out-accuracy.js";
import type { StepProgress } from "../training/loop.js";
import { type RecognizerConfig, type RecognizerStart, trainRecognizer } from "../training/train-recognizer.js";
import {
  addDataOptions,
  type DataFlags,
  dataHelp,
  number,
  positiveInteger,
  selectionFrom,
  several,
} from "./options.js";
import { progress } from "./progress.js";
import { stopSignal } from "./stop.js";

interface Flags extends DataFlags {
  network: string;
  validation: string[];
  size: number;
  steps: number;
  batch: number;
  lr: number;
  seed: number;
  smoothing: number;
  crop: number;
  flip: boolean;
  color: number;
  out: string;
  resume: boolean;
  checkpoint: number;
  threads?: number;
}

const networkHelp = recognizerNetworks.map(({ name, summary }) => `  ${name.padEnd(13)} ${summary}`).join("\n");

const description = "train a recognizer from scratch on pictures with classes";

export const trainRecognizerCommand = addDataOptions(new Command("train-recognizer").description(description), {
  description: "training pictures",
  part: "train",
})
  .option("--network <name>", "what to train, of those below", "resnet")
  .option(
    "--validation <path>",
    "pictures to judge it on; may be given several times (with --split: the other part)",
    several,
    [],
  )
  .option("--size <pixels>", "side of the pictures that it takes", positiveInteger, 64)
  .requiredOption("--steps <n>", "steps of the optimizer", positiveInteger)
  .option("--batch <n>", "pictures in a step", positiveInteger, 32)
  .option("--lr <x>", "highest learning rate of Adam; it falls along a cosine", number, 1e-3)
  .option("--smoothing <share>", "spread this share of each label over all classes", number, 0)
  .option("--crop <share>", "least side of the random square that is seen, as a share of the picture's", number, 0.6)
  .option("--no-flip", "do not mirror every other picture")
  .option("--color <share>", "change brightness, contrast and saturation by up to this share", number, 0.2)
  .option("--seed <n>", "of everything random", number, 0)
  .requiredOption("--out <folder>", "the run's folder: model.onnx, model.json, log.jsonl, checkpoint, configuration")
  .option("--resume", "continue the run in --out from its checkpoint, if there is one", false)
  .option("--checkpoint <steps>", "write a checkpoint every so many steps", positiveInteger, 100)
  .option("--threads <n>", "threads to compute with (default: one per core)", positiveInteger)
  .addHelpText(
    "after",
    `
Networks:
${networkHelp}

${dataHelp.trim()}

The pictures need classes; those of one name are the same in all of --data and --validation. Of data sets that come in parts
--validation takes the one that is not trained on, so that it may be the same as --data. Sizes of 64 to 128 suit a CPU.
model.json names the classes, says what the recognizer is fed, how many held-out pictures it gets right and, where --classes
or the pictures leave some out, which classes it learned: it judges images of these alone.
\`legible train --recognizer\` and \`legible evaluate --recognizer\` read both files as they are.
Ctrl-C writes a checkpoint; --resume gives the same weights as not having stopped.

Examples:
  $ legible train-recognizer --network resnet --data pictures/train --validation pictures/test --steps 2000 --out runs/resnet
  $ legible train-recognizer --network vit --data photos --split 0.9 --size 96 --steps 5000 --smoothing 0.1 --out runs/vit
  $ legible train-recognizer --data cifar-10-batches-bin --validation cifar-10-batches-bin --size 32 --steps 5000 --out runs/cifar`,
  )
  .action(run);

async function run(flags: Flags): Promise<void> {
  const config = configFrom(flags);
  const sets = await openLabelledSets(config.data, { validation: config.validation, selection: selectionFrom(flags) });
  let bar = progress(config.steps, "training", { lines: false });
  bar.stop();
  const { step, model, accuracy, broken } = await trainRecognizer({
    config,
    sets,
    out: flags.out,
    resume: flags.resume,
    checkpointEvery: flags.checkpoint,
    ...(flags.threads && { threads: flags.threads }),
    signal: stopSignal(),
    onStart: (start) => {
      const counts = `${sets.training.items.length} for training, ${sets.heldOut?.items.length ?? 0} held out`;
      console.error(`${describeStart(config, start)}\n  pictures     ${counts}; ${sets.classes} classes`);
      bar = progress(config.steps, "training", { lines: false });
    },
    onStep: (at) => {
      bar.update(at.step, `loss ${at.losses.loss?.toPrecision(3)}`);
      logLine(at, config.steps);
    },
  }).finally(() => bar.stop());
  for (const [path, reason] of broken) console.error(`left out ${path}: ${reason}`);
  if (model === null) {
    console.error(`stopped after step ${step} of ${config.steps}; the same command with --resume continues`);
    process.exitCode = 130;
    return;
  }
  if (accuracy) console.error(describeAccuracy(accuracy));
  console.log(model);
}

function configFrom(flags: Flags): RecognizerConfig {
  const { network, data, validation, size, steps, batch, lr, seed, smoothing } = flags;
  const { crop, flip, color } = flags;
  if (lr <= 0) throw new UserError("--lr has to be above 0");
  if (crop < 0.05 || crop > 1) throw new UserError("--crop has to be from 0.05 to 1");
  if (color < 0 || color > 1) throw new UserError("--color has to be from 0 to 1");
  if (smoothing < 0 || smoothing >= 1) throw new UserError("--smoothing has to be from 0 up to, but not, 1");
  if (!Number.isInteger(seed)) throw new UserError("--seed has to be a whole number");
  const augmentation = { crop, flip, color };
  return {
    network,
    data,
    selection: selectionFrom(flags),
    validation,
    size,
    steps,
    batch,
    lr,
    seed,
    smoothing,
    augmentation,
  };
}

const describeStart = (
  { network, size, steps, batch }: RecognizerConfig,
  { device, step, parameters }: RecognizerStart,
) =>
  `training ${network} on ${device}, ${parameters.toLocaleString("en")} weights\n` +
  `  steps        ${step > 0 ? `${step} of ` : ""}${steps}${step > 0 ? " done" : ""}, batch ${batch}, ${size} x ${size} pixels`;

const describeAccuracy = ({ top1, interval: [low, high], count }: HeldOutAccuracy): string => {
  const percent = (share: number) => (100 * share).toFixed(1);
  return `top-1 on ${count} held-out pictures: ${percent(top1)} % [${percent(low)}, ${percent(high)}]`;
};

/** Away from a terminal, a line of JSON for every so many steps. */
const LINE_EVERY = 50;

function logLine({ step, losses, lr }: StepProgress, of: number): void {
  if (!process.stderr.isTTY && (step % LINE_EVERY === 0 || step === of))
    console.error(JSON.stringify({ step, of, ...losses, lr }));
}
