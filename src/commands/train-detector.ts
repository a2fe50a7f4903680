import { z } from "zod";
import { detectorNetworks } from "../networks/detectors/index.js";
import { runSettings } from "../training/settings.js";
import { detectorTrainingSettings, trainDetector as trainModel } from "../training/train-detector.js";
import { defineCommand } from "./command.js";
import { failureSettings } from "./failures.js";
import { dataNotes, listOfNames } from "./notes.js";
import { resumedSettings } from "./resumed-run.js";
import { percentWithInterval, runScratch } from "./scratch-training.js";
import { runStage } from "./stage.js";

const { device: _, ...run } = runSettings;

export const trainDetector = defineCommand({
  name: "train-detector",
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
  run: (settings, context, given) =>
    runScratch(
      {
        schema: detectorTrainingSettings,
        train: trainModel,
        classesOf: ({ sets }) => sets.names.length,
        heldOutLine: ({ precision }) =>
          precision
            ? `mAP at IoU 0.5 on ${precision.count} held-out images: ${percentWithInterval(precision.ap50, precision.interval)}`
            : undefined,
      },
      settings,
      context,
      given,
    ),
  stage: runStage(["model.onnx", "model.json"]),
});
