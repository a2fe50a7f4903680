import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { type Dataset, openDataset } from "../data/dataset.js";
import { titleOf } from "../data/item.js";
import { UserError } from "../errors.js";
import { evaluate } from "../evaluation/evaluate.js";
import { loadProcessor, type Processor } from "../evaluation/restore.js";
import { writeBytes } from "../files.js";
import { findObjective } from "../objectives/index.js";
import { loadRecognizer } from "../recognition/recognizer.js";
import { type SweepPoint, type Swept, sweepPlot, sweepPoints, sweepTable } from "../report/sweep.js";
import type { TrainingConfig } from "../training/run-folder.js";
import { dataHelp, datasetFrom, number, positiveInteger, recognizerFrom, selectionFrom, several } from "./options.js";
import { progress } from "./progress.js";
import { stopSignal } from "./stop.js";
import { addTrainingOptions, type TrainingFlags, trainingChoices, trainingConfig } from "./training-options.js";
import { runTraining } from "./training-run.js";

interface Flags extends TrainingFlags {
  lambda: number[];
  evaluate: string[];
  judge: string[];
  limit?: number;
}

const description =
  "train a processor for each of several lambdas, and weigh what it costs people against what machines gain";

export const sweepCommand = addTrainingOptions(new Command("sweep").description(description))
  .requiredOption("--lambda <list>", "weights of the recognition loss, with commas between them", lambdas)
  .option(
    "--evaluate <path>",
    "labelled images to judge on; may be given several times (default: the other part of --data)",
    several,
    [],
  )
  .option(
    "--judge <file>",
    "a classifier that judges (ONNX); may be given several times (default: each --recognizer)",
    several,
    [],
  )
  .option("--limit <n>", "judge n images, spread evenly over the data", positiveInteger)
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
  .action(run);

/** "0,1e-4,1e-3" */
function lambdas(text: string): number[] {
  const values = text.split(",").map(number);
  if (values.every((value) => value >= 0) && new Set(values).size === values.length) return values;
  throw new InvalidArgumentError("Expected different numbers of 0 or more with commas between them: 0,1e-4,1e-3.");
}

async function run(flags: Flags): Promise<void> {
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
  for (const file of files) recognizers.push(await loadRecognizer(file, settings, threadsOf(flags)));
  const swept = await trainEach(flags, dataset);
  if (!swept) return;
  const processors: Processor[] = [];
  for (const { name, model } of swept) processors.push(await loadProcessor(name, model, threadsOf(flags)));
  const { task } = trainingConfig(flags);
  const bar = progress(Math.min(flags.limit ?? Number.POSITIVE_INFINITY, judged.items.length), "evaluating");
  const options = { dataset: judged, task, processors, recognizers, ...(flags.limit && { limit: flags.limit }) };
  const evaluation = await evaluate({ ...options, onProgress: (done) => bar.update(done) }).finally(bar.stop);
  const title = `${task.name} ×${task.scale}, ${objective.name}: ${evaluation.data.count} images`;
  await writeResults(flags.out, title, sweepPoints(swept, evaluation), evaluation);
}

/** @throws UserError when nothing says which images are not trained on. */
async function judgedImages(flags: Flags, trained: Dataset): Promise<Dataset> {
  const part = flags.part === "train" ? "test" : "train";
  if (flags.evaluate.length > 0) {
    const { classes } = selectionFrom(flags);
    return openDataset(flags.evaluate, { needLabels: true, part, ...(classes !== undefined && { classes }) });
  }
  const judged = await datasetFrom({ ...flags, part }, { needLabels: true });
  const known = new Set(trained.items.map(titleOf));
  if (judged.items.some((item) => known.has(titleOf(item))))
    throw new UserError(
      `${flags.data.join(", ")} does not come in parts: give images to judge on by --evaluate, or divide it by --split`,
    );
  return judged;
}

const threadsOf = ({ threads }: Flags) => (threads ? { threads } : {});

/** Trains a processor for each λ as far as it is not yet trained; undefined when it was asked to stop. */
async function trainEach(flags: Flags, dataset: Dataset): Promise<Swept[] | undefined> {
  const signal = stopSignal();
  const swept: Swept[] = [];
  for (const lambda of flags.lambda) {
    const name = `lambda ${lambda}`;
    const { config, task } = trainingConfig(flags, lambda);
    const out = join(flags.out, `lambda-${lambda}`);
    console.error(`${name} (${swept.length + 1} of ${flags.lambda.length})`);
    const run = { flags, config: lambda > 0 ? config : plain(config), task, dataset, out, resume: true, signal };
    const { step, model, forRecognizers } = await runTraining(run);
    if (step < config.steps) {
      console.error("stopped; the same command goes on from here");
      process.exitCode = 130;
      return undefined;
    }
    swept.push({ lambda, name, model: forRecognizers ?? model });
  }
  return swept;
}

/** The same without a recognizer, whose loss would not count: it takes a part of the time. */
const plain = (config: TrainingConfig): TrainingConfig => ({
  ...config,
  objective: "plain",
  recognizer: [],
  distance: null,
  features: [],
  featureWeight: 0,
});

async function writeResults(out: string, title: string, points: SweepPoint[], evaluation: object): Promise<void> {
  const table = sweepTable(points);
  const at = (ending: string) => join(out, `sweep.${ending}`);
  await writeBytes(at("json"), [`${JSON.stringify({ points, evaluation }, null, 2)}\n`]);
  await writeBytes(at("svg"), [sweepPlot(title, points)]);
  await writeBytes(at("md"), [`${title}\n\n${table}\n`]);
  console.log(`${table}\n\nplot:    ${at("svg")}\nresults: ${at("json")}`);
}
