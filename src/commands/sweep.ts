import { sweep as runSweep, sweepSettings, sweepTrainings } from "../experiments/sweep.js";
import { modelTitle } from "../platform/node/models.js";
import { imageSections } from "../report/evaluated.js";
import { reportedModels } from "../report/reported-models.js";
import { sweepReport } from "../report/sweep-report.js";
import { trainingCurves } from "../report/training-curves.js";
import { defineCommand } from "./command.js";
import { failureSettings } from "./failures.js";
import { reportOf, reportSettings, requireReport, writeReport } from "./html-report.js";
import { dataNotes, trainingChoices } from "./notes.js";
import { folderStage } from "./stage.js";
import { trainingParts } from "./training-parts.js";

export const sweep = defineCommand({
  name: "sweep",
  settings: sweepSettings.extend({ ...failureSettings, ...reportSettings }),
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
    const judges = settings.judge ?? (settings.recognizer ?? []).map(({ file }) => file);
    await requireReport(settings.report, judges);
    const { table, plot, results, unusable, points, evaluation, evaluated } = await runSweep(settings, given, context);
    const named = points.map(({ lambda, model }) => ({ name: `lambda ${lambda}`, model }));
    await writeReport(
      settings.report,
      async () =>
        sweepReport({
          ...{ objective: settings.objective, points, evaluation },
          models: await reportedModels([
            ...named.map(({ name, model }) => ({ name, role: "processor", file: model })),
            ...judges.map((file) => ({ name: modelTitle(file), role: "judge", file })),
          ]),
          training: await trainingCurves(named),
          images: await imageSections(evaluated, judges),
        }),
      context.report,
    );
    context.print(`${table}\n\nplot:    ${plot}\nresults: ${results}`);
    return { unusable };
  },
  stage: { ...folderStage(["sweep.json"]), alsoWrites: reportOf },
  parts: trainingParts(sweepTrainings),
});
