import { sweep as runSweep, sweepSettings } from "../experiments/sweep.js";
import { defineCommand } from "./command.js";
import { failureSettings } from "./failures.js";
import { dataNotes, trainingChoices } from "./notes.js";
import { folderStage } from "./stage.js";

export const sweep = defineCommand({
  name: "sweep",
  summary: "train a processor for each of several lambdas, and compare PSNR with accuracy",
  settings: sweepSettings.extend(failureSettings),
  notes: `${trainingChoices}

${dataNotes}

All runs have the same initial weights: those of --init, or those of the seed. Lambda 0 is trained with the image loss only. With the
objective transformer, T(P(x)) is judged. A star marks the Pareto front of PSNR and a recognizer's top-1.
Of data sets with parts, --evaluate uses the part that is not trained on. --classes applies to both; --split splits --data.
If interrupted, rerun the command to resume.`,
  examples: [
    "legible sweep --lambda 0,1e-4,1e-3,1e-2 --objective ra --recognizer squeezenet1_1.onnx --data imagenet/train --init runs/plain/model.onnx --crop 224 --steps 400 --evaluate imagenet/val --judge squeezenet1_1.onnx --judge mobilenet_v2.onnx --out sweep",
    "legible sweep --lambda 0,1e-3 --objective ra --recognizer cifar.onnx --scale 2 --data cifar-10-batches-bin --crop 32 --steps 1000 --out sweep",
  ],
  async run(settings, context, given) {
    const { table, plot, results, unusable } = await runSweep(settings, given, context);
    context.print(`${table}\n\nplot:    ${plot}\nresults: ${results}`);
    return { unusable };
  },
  stage: folderStage(["sweep.json"]),
});
