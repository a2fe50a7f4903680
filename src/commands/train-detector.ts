import { z } from "zod";
import { omissionsOf } from "../data/settings.js";
import { reportImages } from "../experiments/reported-images.js";
import { reportStep } from "../experiments/reported-training.js";
import { detectorNetworks } from "../networks/detectors/index.js";
import type { Progress } from "../reporter.js";
import type { HeldOutPrecision } from "../training/held-out-precision.js";
import { runSettings } from "../training/settings.js";
import {
  type DetectorStart,
  detectorTrainingSettings,
  trainDetector as trainModel,
} from "../training/train-detector.js";
import { defineCommand } from "./command.js";
import { failureSettings } from "./failures.js";
import { dataNotes, listOfNames } from "./notes.js";
import { interruptedRun, resumedSettings } from "./resumed-run.js";
import { runStage } from "./stage.js";

const { device: _, ...run } = runSettings;

export const trainDetector = defineCommand({
  name: "train-detector",
  summary: "train a detector from scratch on images with boxes",
  settings: z.object({
    ...detectorTrainingSettings.shape,
    ...run,
    ...failureSettings,
    resume: z.boolean().default(false).describe("resume the run in the output folder from its checkpoint, if any"),
  }),
  notes: `Networks:
${listOfNames(detectorNetworks, 13)}

${dataNotes}

The images need boxes: PASCAL VOC, COCO, or a synthetic set with boxes (legible synthesize --boxes). Of data sets with parts,
--validation uses the part that is not trained on, so it may equal --data. Images are cropped to squares in training, and stretched to
the input's size where the detector is applied. Sizes of 64 to 128 suit a CPU.
model.onnx outputs "detections" [N, 4 + classes, cells] (center x, center y, width and height in pixels of the input, then a
probability for each class) and the raw heads "heatmap" and "box". model.json describes the input, the classes and these outputs, and
has the held-out mAP. \`legible detect\`, \`legible evaluate --judge\` and \`legible train --recognizer\` read both files; with the objective
ra, the boxes of the images are the labels.
If interrupted by Ctrl-C, the run writes a checkpoint; --resume needs no other flag and gives the weights of an uninterrupted run. Only
--checkpoint and --threads may differ.`,
  examples: [
    "legible synthesize -o images --boxes --count 2000",
    "legible train-detector --data images --split 0.9 --steps 2000 --out runs/detector",
    "legible train-detector --data VOCdevkit/VOC2007 --validation VOCdevkit/VOC2007 --network grid-m --size 320 --steps 20000 --out runs/voc",
  ],
  base: resumedSettings("detector"),
  async run({ out, resume, checkpoint, threads }, { report, print, signal }, given) {
    let bar: Progress | undefined;
    let steps = 0;
    let missing = 0;
    const result = await trainModel({
      ...detectorPart(given),
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
    if (result.precision) report.info(precisionLine(result.precision));
    print(result.model);
    return { unusable: missing + result.broken.size };
  },
  stage: runStage(["model.onnx", "model.json"]),
});

const detectorPart = (given: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(given).filter(([key]) => key in detectorTrainingSettings.shape));

function startLines({ network, device, parameters, step, steps, batch, size, sets }: DetectorStart): string {
  const done = step > 0 ? `${step} of ${steps} done` : steps;
  const counts = `${sets.training.items.length} for training, ${sets.heldOut?.items.length ?? 0} held out`;
  const omitted = [sets.training, ...(sets.heldOut ? [sets.heldOut] : [])].flatMap(omissionsOf);
  return (
    `training ${network} on ${device}, ${parameters.toLocaleString("en")} weights\n` +
    `  steps        ${done}, batch ${batch}, ${size} x ${size} pixels\n` +
    [`  images       ${counts}; ${sets.names.length} classes`, ...omitted].join("\n")
  );
}

const precisionLine = ({ ap50, interval: [low, high], count }: HeldOutPrecision): string => {
  const percent = (share: number) => (100 * share).toFixed(1);
  return `mAP at IoU 0.5 on ${count} held-out images: ${percent(ap50)} % [${percent(low)}, ${percent(high)}]`;
};
