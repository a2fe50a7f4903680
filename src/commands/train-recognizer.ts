import { z } from "zod";
import { omissionsOf } from "../data/settings.js";
import { reportImages } from "../experiments/reported-images.js";
import { reportStep } from "../experiments/reported-training.js";
import { recognizerNetworks } from "../networks/recognizers/index.js";
import type { Progress } from "../reporter.js";
import type { HeldOutAccuracy } from "../training/held-out-accuracy.js";
import { runSettings } from "../training/settings.js";
import {
  type RecognizerStart,
  recognizerSettings,
  trainRecognizer as trainModel,
} from "../training/train-recognizer.js";
import { defineCommand } from "./command.js";
import { failureSettings } from "./failures.js";
import { dataNotes, listOfNames } from "./notes.js";
import { interruptedRun, resumedSettings } from "./resumed-run.js";
import { runStage } from "./stage.js";

const { device: _, ...run } = runSettings;

export const trainRecognizer = defineCommand({
  name: "train-recognizer",
  summary: "train a recognizer from scratch on labeled images",
  settings: z.object({
    ...recognizerSettings.shape,
    ...run,
    ...failureSettings,
    resume: z.boolean().default(false).describe("resume the run in the output folder from its checkpoint, if any"),
  }),
  notes: `Networks:
${listOfNames(recognizerNetworks, 13)}

${dataNotes}

The images need classes; classes of one name are the same in all training and validation data. Of data sets with parts, --validation
uses the part that is not trained on, so it may equal --data. Sizes of 64 to 128 suit a CPU.
model.json contains the names of the classes, the format of the recognizer's input and its held-out accuracy. If the training images
do not have all classes, it also lists the learned classes; the recognizer judges images of these classes only.
\`legible train --recognizer\` and \`legible evaluate --recognizer\` read both files.
If interrupted by Ctrl-C, the run writes a checkpoint; --resume needs no other flag and gives the weights of an uninterrupted run. Only
--checkpoint and --threads may differ.`,
  examples: [
    "legible train-recognizer --network resnet --data images/train --validation images/test --steps 2000 --out runs/resnet",
    "legible train-recognizer --network vit --data photos --split 0.9 --size 96 --steps 5000 --smoothing 0.1 --out runs/vit",
    "legible train-recognizer --data cifar-10-batches-bin --validation cifar-10-batches-bin --size 32 --steps 5000 --out runs/cifar",
  ],
  base: resumedSettings("recognizer"),
  async run({ out, resume, checkpoint, threads }, { report, print, signal }, given) {
    let bar: Progress | undefined;
    let steps = 0;
    let missing = 0;
    const result = await trainModel({
      ...recognizerPart(given),
      ...{ out, resume, checkpointEvery: checkpoint, signal, ...(threads && { threads }) },
      onStart: (start) => {
        steps = start.steps;
        missing = start.sets.training.missing.length + (start.sets.heldOut?.missing.length ?? 0);
        report.info(startLines(start));
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
    if (result.accuracy) report.info(accuracyLine(result.accuracy));
    print(result.model);
    return { unusable: missing + result.broken.size };
  },
  stage: runStage(["model.onnx", "model.json"]),
});

const recognizerPart = (given: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(given).filter(([key]) => key in recognizerSettings.shape));

function startLines({ network, device, parameters, step, steps, batch, size, sets }: RecognizerStart): string {
  const done = step > 0 ? `${step} of ${steps} done` : steps;
  const counts = `${sets.training.items.length} for training, ${sets.heldOut?.items.length ?? 0} held out`;
  const omitted = [sets.training, ...(sets.heldOut ? [sets.heldOut] : [])].flatMap(omissionsOf);
  return (
    `training ${network} on ${device}, ${parameters.toLocaleString("en")} weights\n` +
    `  steps        ${done}, batch ${batch}, ${size} x ${size} pixels\n` +
    [`  images       ${counts}; ${sets.classes} classes`, ...omitted].join("\n")
  );
}

const accuracyLine = ({ top1, interval: [low, high], count }: HeldOutAccuracy): string => {
  const percent = (share: number) => (100 * share).toFixed(1);
  return `top-1 on ${count} held-out images: ${percent(top1)} % [${percent(low)}, ${percent(high)}]`;
};
