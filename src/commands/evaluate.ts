import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { z } from "zod";
import { dataSettings, datasetFrom, omissionsOf, titleOfData } from "../data/settings.js";
import { taskFrom, taskSettings } from "../data/tasks/settings.js";
import { evaluate as judge } from "../evaluation/evaluate.js";
import type { Evaluation } from "../evaluation/evaluation.js";
import { writeMeasured } from "../evaluation/measured-card.js";
import { protocolNames, protocols } from "../evaluation/protocols.js";
import { evaluationTable } from "../evaluation/table.js";
import { RESULTS } from "../experiments/findings.js";
import { openLocalStore } from "../jobs/local-store.js";
import { writeBytes } from "../platform/node/files.js";
import { modelTitle } from "../platform/node/models.js";
import { printable } from "../printable.js";
import { openProcessor } from "../processors/open.js";
import { openClassifier } from "../recognition/classifier.js";
import { recognizerFrom, recognizerInputSettings } from "../recognition/settings.js";
import type { Reporter } from "../reporter.js";
import { listOf, path, paths, positiveInteger, threadCount, wholeNumber } from "../settings.js";
import { defineCommand } from "./command.js";
import { dataNotes, listOfNames } from "./notes.js";
import { fileStage } from "./stage.js";

/** "NAME=FILE", "FILE", or the same as an object. */
const NamedFile = z.union([z.string(), z.object({ name: z.string(), file: z.string() })]).transform((given) => {
  if (typeof given !== "string") return given;
  const [, name, file] = /^([^=/\\]+)=(.+)$/.exec(given) ?? [];
  return name === undefined || file === undefined ? { name: modelTitle(given), file: given } : { name, file };
});

export const evaluate = defineCommand({
  name: "evaluate",
  summary: "measure the image quality and the recognition accuracy of processors' results",
  settings: z.object({
    ...taskSettings,
    ...dataSettings("images to judge", "test"),
    processor: listOf(NamedFile)
      .optional()
      .describe("a processor to evaluate (ONNX); may be repeated to compare processors")
      .meta({ placeholder: "name=file" }),
    recognizer: paths("a classifier that judges (ONNX); may be repeated", { placeholder: "file" }).optional(),
    limit: positiveInteger().optional().describe("judge n images, spread evenly over the data"),
    protocol: z
      .enum(protocolNames)
      .default("imagenet")
      .describe("evaluation protocol: the part of each image that is judged, and the measures")
      .meta({ placeholder: "name" }),
    cropBorder: wholeNumber()
      .optional()
      .describe("for the protocol full: pixels cropped from each side before PSNR and SSIM (default: the scale)")
      .meta({ placeholder: "pixels" }),
    json: path("write the results to this file as JSON", { placeholder: "file" }).optional(),
    predictions: path("write the measurements and predictions of each image to this file (JSON Lines)", {
      placeholder: "file",
    }).optional(),
    cards: z
      .boolean()
      .default(false)
      .describe("write the results into the model cards of processors that Legible trained"),
    threads: threadCount().default(availableParallelism()).describe("intra-op threads of ONNX Runtime"),
    ...recognizerInputSettings,
  }),
  notes: `${dataNotes}

Protocols:
${listOfNames(
  protocolNames.map((name) => ({ name, ...protocols[name] })),
  10,
)}

Recognizers judge images that have classes.
"none" (the interpolated degraded image) and "clean" (the original) are always judged, too.
Harmful flips are images that are right with the second processor of a pair and wrong with the first; helpful ones are the
reverse; p is McNemar's. \`legible tabulate\` rebuilds the tables from the file of --predictions.
If interrupted, rerun the command to resume; this requires --json or --predictions.`,
  examples: [
    "legible evaluate --data val --recognizer resnet50.onnx",
    "legible evaluate --data cifar-10-batches-bin --classes 0-4 --recognizer cifar.onnx",
    "legible evaluate --data photos --split 0.9 --recognizer resnet50.onnx",
    "legible evaluate --data Set5 --protocol full --crop-border 4 --processor plain.onnx --predictions set5.jsonl",
    "legible evaluate --scale 4 --data val --processor plain=plain.onnx --processor ra=ra.onnx --recognizer resnet18.onnx --recognizer vgg16.onnx --json results.json",
  ],
  async run(settings, { report, print, signal }) {
    const { limit, threads, json, processor = [], recognizer = [] } = settings;
    const task = taskFrom(settings);
    const judges = [];
    for (const file of recognizer) judges.push(await openClassifier(file, recognizerFrom(settings), { threads }));
    const processors = [];
    for (const { name, file } of processor) processors.push(await openProcessor(file, { name, threads }));
    const dataset = await datasetFrom(settings, { needLabels: judges.length > 0 });
    const count = Math.min(limit ?? Number.POSITIVE_INFINITY, dataset.items.length);
    const names = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name).join(", ") || "none";
    report.info(
      `evaluating ${task.name} x${task.scale} on cpu, ${threads} threads\n` +
        `  images       ${count} of ${dataset.items.length} in ${titleOfData(dataset)}\n` +
        `  processors   ${names(processors)}\n` +
        `  recognizers  ${names(judges)}`,
    );
    for (const line of omissionsOf(dataset)) report.info(line);
    const bar = report.progress(count, "evaluating");
    const { protocol, cropBorder, predictions } = settings;
    const partial = await openPartialStore(json ?? predictions);
    const options = { dataset, task, processors, judges, protocol, ...(limit && { limit }) };
    const evaluation = await judge({
      ...options,
      ...(cropBorder !== undefined && { cropBorder }),
      ...(predictions !== undefined && { predictions }),
      ...(partial && { store: partial.store }),
      signal,
      onProgress: (done) => bar.update(done),
    }).finally(() => {
      bar.stop();
      return partial?.store.close();
    });
    reportSkipped(evaluation, report);
    print(evaluationTable(evaluation));
    if (json !== undefined) {
      await writeBytes(json, [`${JSON.stringify(evaluation, null, 2)}\n`]);
      report.info(`results: ${json}`);
    }
    if (predictions !== undefined) report.info(`predictions: ${predictions}`);
    await partial?.remove();
    if (settings.cards)
      for (const { name, file } of processor) {
        await writeMeasured(file, name, evaluation);
        report.info(`card: ${file}`);
      }
    return "done";
  },
  stage: fileStage("json", RESULTS),
});

/** The store of an evaluation, next to the file of its results. It is removed once the evaluation is complete. */
async function openPartialStore(file: string | undefined) {
  if (file === undefined) return undefined;
  const partial = `${file}.partial.jsonl`;
  return { store: await openLocalStore(partial), remove: () => rm(partial, { force: true }) };
}

function reportSkipped({ data: { skipped } }: Evaluation, report: Reporter): void {
  const [first] = skipped;
  if (first)
    report.info(printable(`${skipped.length} images were left out; the first: ${first.file}: ${first.reason}`));
}
