import { join } from "node:path";
import { dataMark } from "../evaluation/table.js";
import { transfer as runTransfer, transferTrainings } from "../experiments/transfer.js";
import { type TransferSettings, transferSettings } from "../experiments/transfer-settings.js";
import { modelTitle } from "../platform/node/models.js";
import type { Section } from "../report/document.js";
import { type Evaluated, imageSections } from "../report/evaluated.js";
import { reportedModels } from "../report/reported-models.js";
import { trainingCurves } from "../report/training-curves.js";
import { PLAIN } from "../report/transfer.js";
import { transferReport } from "../report/transfer-report.js";
import { defineCommand } from "./command.js";
import { failureSettings } from "./failures.js";
import { reportOf, reportSettings, requireReport, writeReport } from "./html-report.js";
import { dataNotes, trainingChoices } from "./notes.js";
import { folderStage } from "./stage.js";
import { trainingParts } from "./training-parts.js";

export const transfer = defineCommand({
  name: "transfer",
  settings: transferSettings.extend({ ...failureSettings, ...reportSettings }),
  notes: `${trainingChoices}

${dataNotes}

One processor is trained for each source and objective, and one with the image loss only (plain), all with the same steps and the
same initial weights. A table for each objective has sources as rows and judges as columns: the gain over plain in points of top-1, with
paired 95 % intervals. With the objective transformer, T(P(x)) is judged.

Sources judge beside the targets if the judged images have the classes of the training images: without --evaluate-classes, and
if the class names of --data and --evaluate are the same or unknown. Otherwise only the targets judge; give a source that has
those classes as a --target, too. Detectors judge images with boxes (--evaluate-boxes), by mAP; as a source they train with the
objectives unsupervised and feature. The page has the figures and gains of all judges in one table. The settings of a recognizer's input and output apply to all. --split splits --data.
If interrupted, rerun the command to resume. With other targets or images to judge, it only judges again.`,
  examples: [
    "legible transfer --data imagenet/train --source resnet18.onnx --source vgg16.onnx --target densenet121.onnx --objective ra --objective unsupervised --evaluate imagenet/val --init runs/start/model.onnx --crop 224 --steps 2000 --out transfer/architectures",
    "legible transfer --data imagenet/train --classes 0-499 --source half-a.onnx --target half-b.onnx --objective ra=1e-3 --evaluate imagenet/val --evaluate-classes 500-999 --crop 224 --steps 2000 --out transfer/categories",
    "legible transfer --data imagenet/train --source resnet18.onnx --target cifar-resnet.onnx --objective ra --evaluate cifar-10-batches-bin --crop 224 --steps 2000 --out transfer/datasets",
    "legible transfer --data images/train --source resnet18.onnx --source yolo.onnx --target vgg16.onnx --objective unsupervised --evaluate images/test --evaluate-boxes synthetic --crop 224 --steps 2000 --out transfer/tasks",
  ],
  async run(settings, context, given) {
    const recognizers = [...new Set([...settings.source.map(({ file }) => file), ...(settings.target ?? [])])];
    await requireReport(settings.report, recognizers);
    const { tables, page, results, unusable, evaluated, ...transferred } = await runTransfer(settings, given, context);
    const named = [
      { name: PLAIN, model: join(settings.out, "runs", PLAIN, "model.onnx") },
      ...transferred.points.map(({ name, model }) => ({ name, model })),
    ];
    await writeReport(
      settings.report,
      async () =>
        transferReport({
          ...transferred,
          models: await reportedModels([
            ...named.map(({ name, model }) => ({ name, role: "processor", file: model })),
            ...recognizers.map((file) => ({ name: modelTitle(file), role: roleOf(file, settings), file })),
          ]),
          curves: await trainingCurves(named),
          images: await imagesOf(evaluated, recognizers),
        }),
      context.report,
    );
    context.print(`${tables}\n\ntables:  ${page}\nresults: ${results}`);
    return { unusable };
  },
  stage: { ...folderStage(["transfer.json"]), alsoWrites: reportOf },
  parts: trainingParts(transferTrainings),
});

async function imagesOf(evaluated: readonly Evaluated[], judges: readonly string[]): Promise<Section[]> {
  const sections: Section[] = [];
  for (const [place, each] of evaluated.entries())
    sections.push(...(await imageSections(each, judges, evaluated.length > 1 ? ` ${dataMark(place)}` : "")));
  return sections;
}

const roleOf = (file: string, { source, target = [] }: TransferSettings): string =>
  [...(source.some((each) => each.file === file) ? ["source"] : []), ...(target.includes(file) ? ["target"] : [])].join(
    ", ",
  );
