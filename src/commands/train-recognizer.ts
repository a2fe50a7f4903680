import { z } from "zod";
import { recognizerNetworks } from "../networks/recognizers/index.js";
import { runSettings } from "../training/settings.js";
import { recognizerSettings, trainRecognizer as trainModel } from "../training/train-recognizer.js";
import { defineCommand } from "./command.js";
import { failureSettings } from "./failures.js";
import { dataNotes, listOfNames } from "./notes.js";
import { resumedSettings } from "./resumed-run.js";
import { percentWithInterval, runScratch } from "./scratch-training.js";
import { runStage } from "./stage.js";

const { device: _, ...run } = runSettings;

export const trainRecognizer = defineCommand({
  name: "train-recognizer",
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
  run: (settings, context, given) =>
    runScratch(
      {
        schema: recognizerSettings,
        train: trainModel,
        classesOf: ({ sets }) => sets.classes,
        heldOutLine: ({ accuracy }) =>
          accuracy
            ? `top-1 on ${accuracy.count} held-out images: ${percentWithInterval(accuracy.top1, accuracy.interval)}`
            : undefined,
      },
      settings,
      context,
      given,
    ),
  stage: runStage(["model.onnx", "model.json"]),
});
