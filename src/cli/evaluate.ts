import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { Command } from "commander";
import { UserError } from "../errors.js";
import { evaluate } from "../evaluation/evaluate.js";
import type { Evaluation } from "../evaluation/evaluation.js";
import { evaluationTable } from "../evaluation/table.js";
import { writeBytes } from "../platform/node/files.js";
import { readModel, writeModel } from "../platform/node/models.js";
import { cardOf, withCard } from "../processors/card.js";
import { openProcessor } from "../processors/open.js";
import type { Processor } from "../processors/processor.js";
import { openClassifier } from "../recognition/classifier.js";
import {
  addDataOptions,
  addRecognizerOptions,
  addTaskOptions,
  type DataFlags,
  dataHelp,
  datasetFrom,
  type NamedFile,
  namedFiles,
  positiveInteger,
  type RecognizerFlags,
  recognizerFrom,
  several,
  taskFrom,
  titleOfData,
} from "./options.js";
import { progress } from "./progress.js";

interface Flags extends DataFlags, RecognizerFlags, Record<string, unknown> {
  task: string;
  processor?: NamedFile[];
  recognizer?: string[];
  limit?: number;
  json?: string;
  cards: boolean;
  threads: number;
}

const description = "measure how well people and machines can read what processors make of images";

const command = addDataOptions(addTaskOptions(new Command("evaluate").description(description)), {
  description: "images to judge",
  part: "test",
})
  .option("--processor <name=file>", "a network that restores images (ONNX); several times to compare", namedFiles)
  .option("--recognizer <file>", "a classifier that reads them (ONNX); may be given several times", several)
  .option("--limit <n>", "judge n images, spread evenly over the data", positiveInteger)
  .option("--json <file>", "write the results there")
  .option("--cards", "write the figures into the cards of the processors that Legible trained", false)
  .option("--threads <n>", "threads to compute with", positiveInteger, availableParallelism());

export const evaluateCommand = addRecognizerOptions(command)
  .addHelpText(
    "after",
    `
${dataHelp.trim()}

Recognizers judge images that have classes.
"none" (the degraded image interpolated) and "clean" are always judged beside the processors.

Examples:
  $ legible evaluate --data val --recognizer resnet50.onnx
  $ legible evaluate --data cifar-10-batches-bin --classes 0-4 --recognizer cifar.onnx
  $ legible evaluate --data photos --split 0.9 --recognizer resnet50.onnx
  $ legible evaluate --scale 4 --data val --processor plain=plain.onnx --processor ra=ra.onnx \\
      --recognizer resnet18.onnx --recognizer vgg16.onnx --json results.json`,
  )
  .action(run);

async function run(flags: Flags): Promise<void> {
  const { limit, threads } = flags;
  const task = taskFrom(flags);
  const judges = [];
  for (const file of flags.recognizer ?? [])
    judges.push(await openClassifier(file, recognizerFrom(flags), { threads }));
  const processors: Processor[] = [];
  for (const { name, file } of flags.processor ?? [])
    processors.push(await openProcessor(file, { name: name, threads }));
  const dataset = await datasetFrom(flags, { needLabels: judges.length > 0 });
  const count = Math.min(limit ?? Number.POSITIVE_INFINITY, dataset.items.length);
  console.error(
    `evaluating ${task.name} x${task.scale} on cpu, ${threads} threads\n` +
      `  images       ${count} of ${dataset.items.length} in ${titleOfData(dataset)}\n` +
      `  processors   ${processors.map(({ name }) => name).join(", ") || "none"}\n` +
      `  recognizers  ${judges.map(({ name }) => name).join(", ") || "none"}`,
  );
  const bar = progress(count, "evaluating");
  const options = { dataset, task, processors, judges, ...(limit && { limit }) };
  const evaluation = await evaluate({ ...options, onProgress: (done) => bar.update(done) }).finally(() => bar.stop());
  reportSkipped(evaluation);
  console.log(evaluationTable(evaluation));
  if (flags.json) await writeJson(flags.json, evaluation);
  if (flags.cards) for (const { name, file } of flags.processor ?? []) await writeMeasured(file, name, evaluation);
}

/** Notes in a processor's card what was measured. */
async function writeMeasured(file: string, name: string, { data, rows }: Evaluation): Promise<void> {
  const graph = await readModel(file);
  const card = cardOf(graph);
  const row = rows.find(({ processor }) => processor === name);
  if (!card || !row) throw new UserError(`${file} has no card: it was not trained by Legible`);
  const folders = data.folders.map((folder) => basename(folder));
  const top1 = Object.fromEntries(
    Object.entries(row.recognizers).map(([recognizer, accuracy]) => [recognizer, accuracy.top1]),
  );
  const selection = data.selection && { selection: data.selection };
  const measured = { data: { folders, ...selection, count: data.count }, psnr: row.psnr, ssim: row.ssim, top1 };
  await writeModel(withCard(graph, { ...card, measured }), file);
  console.error(`card: ${file}`);
}

function reportSkipped({ data: { skipped } }: Evaluation): void {
  const [first] = skipped;
  if (first) console.error(`${skipped.length} images were left out; the first: ${first.file}: ${first.reason}`);
}

async function writeJson(path: string, evaluation: Evaluation): Promise<void> {
  await writeBytes(path, [`${JSON.stringify(evaluation, null, 2)}\n`]);
  console.error(`results: ${path}`);
}
