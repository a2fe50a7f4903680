import { Command } from "commander";
import { findObjective } from "../objectives/index.js";
import { dataHelp, datasetFrom, number } from "./options.js";
import { stopSignal } from "./stop.js";
import { addTrainingOptions, type TrainingFlags, trainingChoices, trainingConfig } from "./training-options.js";
import { runTraining } from "./training-run.js";

interface Flags extends TrainingFlags {
  lambda?: number;
  resume: boolean;
}

const description = "train a processor, with the loss of recognizers beside the image loss or without";

export const trainCommand = addTrainingOptions(new Command("train").description(description))
  .option("--lambda <x>", "weight of the recognition loss (default: the objective's)", number)
  .requiredOption("--out <folder>", "the run's folder: model.onnx, log.jsonl, checkpoint, configuration")
  .option("--resume", "continue the run in --out from its checkpoint, if there is one", false)
  .addHelpText(
    "after",
    `${trainingChoices}

${dataHelp.trim()}

An ONNX file takes and gives RGB in [0, 1], NCHW, unless the JSON beside it says otherwise ("layout", "channels", "range",
"mean", "std"), such as {"output": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}} for a tanh. What is written has its
inputs, outputs and names. In --freeze, * stands for any characters and ? for one.

The objectives ra and transformer need classes; the others read none. transformer writes two files: model.onnx is P, whose pictures people see, and
for-recognizers.onnx is T(P(x)). softmax-mse is a mean over the classes; its lambda 10 is meant for a thousand.
What says how a recognizer wants its images, and --output, holds for all of them.
An epoch is over when each image was seen once. In --lr-drops 4,5 the learning rate is a tenth after four epochs, a hundredth after five.
Ctrl-C writes a checkpoint; --resume gives the same weights as not having stopped.

Examples:
  $ legible train --objective plain --data photos --steps 2000 --out runs/plain
  $ legible train --objective ra --recognizer squeezenet1_1.onnx --lambda 1e-3 --data imagenet/train \\
      --init runs/plain/model.onnx --crop 224 --steps 2000 --out runs/ra
  $ legible train --data imagenet --classes 0-499 --split 0.95 --steps 2000 --out runs/first-half
  $ legible train --objective ra --recognizer resnet18.onnx --processor their-sr.onnx --data photos --steps 500 --out runs/theirs
  $ legible train --objective ra --recognizer resnet18.onnx --recognizer vgg16.onnx=0.5 --data photos --steps 2000 --out runs/two
  $ legible train --objective transformer --recognizer resnet18.onnx --data photos --steps 2000 --out runs/transformer
  $ legible train --objective unsupervised --distance logits-mse --recognizer faces.onnx --output embedding \\
      --data unlabelled --steps 2000 --out runs/faces
  $ legible train --objective feature --recognizer resnet18.onnx --feature /layer3/layer3.1/relu_1/Relu_output_0 \\
      --data unlabelled --steps 2000 --out runs/feature`,
  )
  .action(run);

async function run(flags: Flags): Promise<void> {
  const { needsLabels } = findObjective(flags.objective);
  const dataset = await datasetFrom(flags, { needLabels: needsLabels, withLabels: needsLabels });
  const { config, task } = trainingConfig(flags, dataset.items.length, flags.lambda);
  const { out, resume } = flags;
  const result = await runTraining({ flags, config, task, dataset, out, resume, signal: stopSignal() });
  if (result.step < config.steps) {
    console.error(`stopped after step ${result.step} of ${config.steps}; the same command with --resume continues`);
    process.exitCode = 130;
  }
  console.log(result.model);
  if (result.forRecognizers) console.log(result.forRecognizers);
}
