import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { UserError } from "../errors.js";
import { findObjective } from "../objectives/index.js";
import { plain } from "../objectives/plain.js";
import { writeBytes } from "../platform/node/files.js";
import { openClassifier } from "../recognition/classifier.js";
import { type SweepPoint, sweepPlot, sweepPoints, sweepTable } from "../report/sweep.js";
import { dataHelp, datasetFrom, number, recognizerFrom, several, taskFrom } from "./options.js";
import {
  addSeriesOptions,
  judgedImages,
  judgeSeries,
  type SeriesFlags,
  type SeriesRun,
  threadsOf,
  trainSeries,
} from "./series.js";
import { untilStopped } from "./stop.js";
import { addTrainingOptions, flagsOfRun, type TrainingFlags, trainingChoices } from "./training-options.js";

interface Flags extends TrainingFlags, SeriesFlags {
  lambda: number[];
  judge: string[];
}

const description =
  "train a processor for each of several lambdas, and weigh what it costs people against what machines gain";

export const sweepCommand = addSeriesOptions(addTrainingOptions(new Command("sweep").description(description)))
  .requiredOption("--lambda <list>", "weights of the recognition loss, with commas between them", lambdas)
  .option(
    "--judge <file>",
    "a classifier that judges (ONNX); may be given several times (default: each --recognizer)",
    several,
    [],
  )
  .requiredOption("--out <folder>", "where lambda-…/, sweep.md, sweep.json and sweep.svg go")
  .addHelpText(
    "after",
    `${trainingChoices}

${dataHelp.trim()}

All runs begin alike: from --init, or from the same drawn weights. Lambda 0 is trained by the image loss alone. With the
objective transformer it is T(P(x)) that is judged. A star marks the Pareto front of PSNR and a recognizer's top-1.
Of data sets that come in parts --evaluate takes the one that is not trained on. --classes holds for both, --split divides --data.
Ctrl-C is safe: the same command goes on where it stopped.

Examples:
  $ legible sweep --lambda 0,1e-4,1e-3,1e-2 --objective ra --recognizer squeezenet1_1.onnx --data imagenet/train \\
      --init runs/plain/model.onnx --crop 224 --steps 400 --evaluate imagenet/val --judge squeezenet1_1.onnx \\
      --judge mobilenet_v2.onnx --out sweep
  $ legible sweep --lambda 0,1e-3 --objective ra --recognizer cifar.onnx --scale 2 --data cifar-10-batches-bin --crop 32 \\
      --steps 1000 --out sweep`,
  )
  .action((flags: Flags) => untilStopped((signal) => run(flags, signal)));

/** "0,1e-4,1e-3" */
function lambdas(text: string): number[] {
  const values = text.split(",").map(number);
  if (values.every((value) => value >= 0) && new Set(values).size === values.length) return values;
  throw new InvalidArgumentError("Expected different numbers of 0 or more with commas between them: 0,1e-4,1e-3.");
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const objective = findObjective(flags.objective);
  if (objective.reads === null)
    throw new UserError(
      `the objective ${objective.name} has no lambda to sweep: choose another by --objective, such as ra`,
    );
  const { needsLabels } = objective;
  const dataset = await datasetFrom(flags, { needLabels: needsLabels, withLabels: needsLabels });
  const judged = await judgedImages(flags, dataset);
  const files = flags.judge.length > 0 ? flags.judge : flags.recognizer.map(({ file }) => file);
  const settings = flags.judge.length > 0 ? {} : recognizerFrom(flags);
  const recognizers = [];
  for (const file of files) recognizers.push(await openClassifier(file, settings, threadsOf(flags)));
  const models = await trainSeries(flags.lambda.map(runOf(flags)), flags.out, dataset, signal);
  const evaluation = await judgeSeries(models, judged, recognizers, flags, signal);
  const swept = models.map((model, i) => ({ ...model, lambda: flags.lambda[i] as number }));
  const task = taskFrom(flags);
  const title = `${task.name} ×${task.scale}, ${objective.name}: ${evaluation.data.count} images`;
  await writeResults(flags.out, title, sweepPoints(swept, evaluation), evaluation);
}

/** The training with one λ. Where that is 0 a recognizer's loss would not count: plain takes a part of the time. */
const runOf =
  (flags: Flags) =>
  (lambda: number): SeriesRun => ({
    name: `lambda ${lambda}`,
    folder: `lambda-${lambda}`,
    flags: lambda > 0 ? flags : flagsOfRun(flags, plain, []),
    lambda,
  });

async function writeResults(out: string, title: string, points: SweepPoint[], evaluation: object): Promise<void> {
  const table = sweepTable(points);
  const at = (ending: string) => join(out, `sweep.${ending}`);
  await writeBytes(at("json"), [`${JSON.stringify({ points, evaluation }, null, 2)}\n`]);
  await writeBytes(at("svg"), [sweepPlot(title, points)]);
  await writeBytes(at("md"), [`${title}\n\n${table}\n`]);
  console.log(`${table}\n\nplot:    ${at("svg")}\nresults: ${at("json")}`);
}
