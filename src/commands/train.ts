import { z } from "zod";
import { reportedTraining } from "../experiments/reported-training.js";
import { runOptions } from "../experiments/series.js";
import { trainingPart } from "../experiments/sweep.js";
import { namesOf } from "../objectives/index.js";
import { resolveTraining } from "../training/resolve.js";
import { RunFolder } from "../training/run-folder.js";
import { runSettings, trainingSettings } from "../training/settings.js";
import { defineCommand } from "./command.js";
import { failureSettings } from "./failures.js";
import { dataNotes, trainingChoices } from "./notes.js";
import { interruptedRun, resumedSettings } from "./resumed-run.js";
import { runStage } from "./stage.js";

export const train = defineCommand({
  name: "train",
  settings: z.object({
    ...trainingSettings.shape,
    ...runSettings,
    ...failureSettings,
    resume: z.boolean().default(false).describe("resume the run in the output folder from its checkpoint, if any"),
  }),
  notes: `${trainingChoices}

${dataNotes}

Input and output of an ONNX file default to RGB in [0, 1], NCHW. A sidecar JSON overrides this ("layout", "channels", "range",
"mean", "std"), for instance {"output": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}} for a tanh. The trained model keeps
the inputs, outputs and names of the file. In freeze patterns, * matches any characters and ? matches one.

The objectives ${namesOf(({ needsLabels }) => needsLabels)} need classes; the others read none. transformer writes two files: model.onnx is P, whose images
people see, and for-recognizers.onnx is T(P(x)). softmax-mse is a mean over the classes; its lambda of 10 suits a thousand classes.
The settings of a recognizer's input, and its output, hold for all recognizers.
An epoch ends when each image was seen once. --lr-drops 4,5 divides the learning rate by 10 after four epochs and after five.
If interrupted by Ctrl-C, the run writes a checkpoint; --resume needs no other flag and gives the weights of an uninterrupted run. It
refuses whatever would change the result: only --checkpoint, --threads and --device may differ. With --lr-drops, more --steps extend a
run; with cosine decay, train on from its model with --init.`,
  examples: [
    "legible train --objective plain --data photos --steps 2000 --out runs/plain",
    "legible train --objective ra --recognizer squeezenet1_1.onnx --lambda 1e-3 --data imagenet/train --init runs/plain/model.onnx --crop 224 --steps 2000 --out runs/ra",
    "legible train --resume --out runs/ra",
    "legible train --data imagenet --classes 0-499 --split 0.95 --steps 2000 --out runs/first-half",
    "legible train --objective ra --recognizer resnet18.onnx --processor their-sr.onnx --data photos --steps 500 --out runs/theirs",
    "legible train --objective ra --recognizer resnet18.onnx --recognizer vgg16.onnx=0.5 --data photos --steps 2000 --out runs/two",
    "legible train --objective transformer --recognizer resnet18.onnx --data photos --steps 2000 --out runs/transformer",
    "legible train --objective unsupervised --distance logits-mse --recognizer faces.onnx --output embedding --data unlabeled --steps 2000 --out runs/faces",
    "legible train --objective feature --recognizer resnet18.onnx --feature /layer3/layer3.1/relu_1/Relu_output_0 --data unlabeled --steps 2000 --out runs/feature",
  ],
  base: resumedSettings("processor"),
  async run(settings, { report, print, signal }, given) {
    const { out, resume } = settings;
    await RunFolder.requireUsable(out, resume);
    const training = await resolveTraining(trainingPart(given));
    const result = await reportedTraining(training, { ...runOptions(settings), out, resume, signal }, report);
    const interrupted = result.step < result.steps;
    if (interrupted) report.info(interruptedRun(result));
    if (result.step === 0) return "interrupted";
    print(result.model);
    if (result.forRecognizers) print(result.forRecognizers);
    return interrupted ? "interrupted" : { unusable: training.dataset.missing.length + result.broken.size };
  },
  stage: runStage(["model.onnx"]),
});
