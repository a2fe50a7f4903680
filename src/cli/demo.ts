import { join } from "node:path";
import { Command } from "commander";
import { type Dataset, openDataset } from "../data/dataset.js";
import { findTask } from "../data/tasks/index.js";
import { evaluate } from "../evaluation/evaluate.js";
import { flippedPredictions } from "../evaluation/flipped-predictions.js";
import { evaluationTable } from "../evaluation/table.js";
import type { DistanceName } from "../objectives/distances.js";
import { encodeImage } from "../platform/node/codec.js";
import { isThere, writeBytes } from "../platform/node/files.js";
import { sidecarPath } from "../platform/node/models.js";
import { openProcessor } from "../processors/open.js";
import { openClassifier } from "../recognition/classifier.js";
import { syntheticClasses, writeSynthetic } from "../synthetic/patterned.js";
import { train } from "../training/train.js";
import { trainRecognizer } from "../training/train-recognizer.js";
import { conclusion, mindsTable, stripOf } from "./demo-findings.js";
import { number } from "./options.js";
import { type Progress, progress } from "./progress.js";
import { untilStopped } from "./stop.js";

/** Side of the pictures, and so of the crops and of what recognizers take. */
const SIDE = 64;
const TRAINING_PICTURES = 2000;
const HELD_OUT_PICTURES = 1000;

/** The recognizer whose loss trains a processor, and those that see the results only. */
const SOURCE = "small-vgg";
const UNSEEN = ["small-resnet", "small-mobile"];
const RECOGNIZER_TRAINING = {
  ...{ steps: 300, batch: 16, lr: 4e-3, smoothing: 0 },
  augmentation: { crop: 1, flip: true, color: 0 },
};

const TASK = findTask("sr", { scale: 4 });
const PROCESSOR = { processor: "compact-s", batch: 8, crop: SIDE };
/** All processors begin as one; then each goes its own way. */
const TOGETHER = { steps: 600, lr: 2e-3 };
const APART = { steps: 600, lr: 1e-3 };
/** More than the paper's 1e-3: the runs are short. The divergence from R(y) is of the cross-entropy's size. */
const LAMBDA = 3e-3;
const RA = { objective: "ra", lambda: LAMBDA };
const UNSUPERVISED = { objective: "unsupervised", distance: "kl", lambda: LAMBDA } as const;

/** Pictures that are shown with what recognizers see in them. */
const SHOWN = 6;

export const demoCommand = new Command("demo")
  .description("show what recognition-aware training does, in 3 minutes and with nothing but this package")
  .option("--out <folder>", "where pictures, models and results go", "demo")
  .option("--seed <n>", "of everything random", number, 0)
  .addHelpText(
    "after",
    `
Draws pictures, trains recognizers on them, then processors that enlarge fourfold: "plain" learns from the image
loss alone, "ra" also from the loss of one frozen recognizer, "unsupervised" from what that recognizer makes of the
originals, without classes. All recognizers then judge what these make of other pictures.
Ctrl-C is safe: the same command goes on where it stopped.`,
  )
  .action(run);

interface Flags {
  out: string;
  seed: number;
}

async function run(flags: Flags): Promise<void> {
  await untilStopped((signal) => demonstrate({ ...flags, signal }));
}

/** What every stage is told. */
interface Demo extends Flags {
  readonly signal: AbortSignal;
}

async function demonstrate(demo: Demo): Promise<void> {
  console.error(
    `demonstration on ${TRAINING_PICTURES} drawn pictures of ${syntheticClasses.length} classes: sr x${TASK.scale}\n` +
      `  processors   plain; ra and unsupervised, with ${SOURCE}\n` +
      `  recognizers  ${SOURCE}; ${UNSEEN.join(", ")} (unseen in training)\n` +
      `  judged on    ${HELD_OUT_PICTURES} other pictures`,
  );
  const training = await pictures(demo, "train", TRAINING_PICTURES, 0);
  const heldOut = await pictures(demo, "held-out", HELD_OUT_PICTURES, TRAINING_PICTURES);
  const files = [];
  for (const name of [SOURCE, ...UNSEEN]) files.push(await recognizer(demo, name, training));
  const start = await processor(demo, training, { name: "start", ...TOGETHER });
  const plain = await processor(demo, training, { name: "plain", init: start, ...APART });
  const source = files[0] as string;
  const aware = (kind: typeof RA | typeof UNSUPERVISED) =>
    processor(demo, training, { name: kind.objective, init: start, ...kind, recognizer: source, ...APART });
  const models = { plain, ra: await aware(RA), unsupervised: await aware(UNSUPERVISED) };
  await judge(demo, heldOut, models, files);
}

async function pictures({ out, seed, signal }: Demo, part: string, count: number, firstIndex: number) {
  const folder = join(out, "pictures", part);
  const bar = quietProgress(count, `drawing ${part}`);
  const set = { count, seed, firstIndex, size: SIDE, signal, onProgress: bar.update };
  await writeSynthetic(folder, set).finally(bar.stop);
  return openDataset([folder], { needLabels: true });
}

/** Progress that shows at the first update: what is there already is passed over in silence. */
function quietProgress(total: number, label: string): Progress {
  let bar: Progress | undefined;
  return {
    update(done, details) {
      bar ??= progress(total, label);
      bar.update(done, details);
    },
    stop: () => bar?.stop(),
  };
}

/** Trains a recognizer unless it is there. @returns its file. */
async function recognizer({ out, seed, signal }: Demo, network: string, training: Dataset): Promise<string> {
  const folder = join(out, "recognizers", network);
  const path = join(folder, "model.onnx");
  if (await isThere(sidecarPath(path))) return path;
  const { steps } = RECOGNIZER_TRAINING;
  const bar = progress(steps, `training ${network}`);
  await trainRecognizer({
    config: {
      network,
      data: [...training.folders],
      validation: [],
      size: SIDE,
      seed,
      ...RECOGNIZER_TRAINING,
    },
    sets: { training, heldOut: null, classes: syntheticClasses.length, names: syntheticClasses },
    out: folder,
    resume: true,
    signal,
    onStep: ({ step, losses }) => bar.update(step, `loss ${losses.loss?.toFixed(2)}`),
  }).finally(bar.stop);
  signal.throwIfAborted();
  return path;
}

interface Run {
  readonly name: string;
  /** The processor to begin with. */
  readonly init?: string;
  /** Default: plain. */
  readonly objective?: string;
  readonly lambda?: number;
  readonly distance?: DistanceName;
  /** R, where the objective has one. */
  readonly recognizer?: string;
  readonly steps: number;
  readonly lr: number;
}

/** Trains a processor as far as it is not yet trained. @returns its file. */
async function processor({ out, seed, signal }: Demo, training: Dataset, run: Run): Promise<string> {
  const { name, ...settings } = run;
  const config = {
    task: TASK.name,
    options: { ...TASK.options },
    ...{ objective: "plain", lambda: 0, recognizer: null, init: null },
    data: [...training.folders],
    seed,
    ...PROCESSOR,
    ...settings,
  };
  const bar = quietProgress(config.steps, `training ${name}`);
  const { model } = await train({
    config,
    task: TASK,
    dataset: training,
    out: join(out, "runs", name),
    resume: true,
    signal,
    onStep: ({ step, psnr }) => bar.update(step, `${psnr.toFixed(2)} dB`),
  }).finally(bar.stop);
  signal.throwIfAborted();
  return model;
}

/** Files of the processors. */
interface Models {
  readonly plain: string;
  readonly ra: string;
  readonly unsupervised: string;
}

/** Judges the processors, and leaves results.json and strip.png. */
async function judge({ out, signal }: Demo, dataset: Dataset, models: Models, files: readonly string[]): Promise<void> {
  const plain = await openProcessor(models.plain, { name: "plain" });
  const ra = await openProcessor(models.ra, { name: "ra" });
  const unsupervised = await openProcessor(models.unsupervised, { name: "unsupervised" });
  const judges = await Promise.all(files.map((file) => openClassifier(file)));
  const bar = progress(dataset.items.length, "evaluating");
  const evaluation = await evaluate({
    dataset,
    task: TASK,
    processors: [plain, ra, unsupervised],
    judges,
    onProgress: (done) => bar.update(done),
  }).finally(bar.stop);
  signal.throwIfAborted();
  const changed = await flippedPredictions({ dataset, task: TASK, before: plain, after: ra, judges, count: SHOWN });
  const [results, strip] = [join(out, "results.json"), join(out, "strip.png")];
  await writeBytes(results, [`${JSON.stringify(evaluation, null, 2)}\n`]);
  await encodeImage(stripOf(changed), strip);
  console.log(
    `${evaluationTable(evaluation)}\n\n${conclusion(evaluation)}\n\n` +
      `What recognizers see in the pictures of ${strip} (a row each: reduced, plain, ra, clean),\n` +
      `chosen because ra changed their minds:\n${mindsTable(changed, judges, syntheticClasses)}\n\n` +
      `results: ${results}\nmodels:  ${Object.values(models).join(", ")}`,
  );
}
