import { rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTask } from "../src/data/tasks/index.js";
import { evaluate } from "../src/evaluation/evaluate.js";
import { findNetwork } from "../src/networks/index.js";
import { optimizeForInference } from "../src/passes/optimize-for-inference.js";
import { writeModel } from "../src/platform/node/models.js";
import { openProcessor } from "../src/processors/open.js";
import { startClassifier } from "../src/recognition/classifier.js";
import { Session } from "../src/runtime/session.js";
import { prepareStep } from "../src/training/prepare.js";
import { TrainingConfig } from "../src/training/run-folder.js";
import { train } from "../src/training/train.js";
import { type Measure, timed } from "./answering.js";
import { noise } from "./noise.js";
import { drawnPictures } from "./pictures.js";
import { resnet18 } from "./resnet18.js";
import { stepping } from "./stepping.js";

const task = findTask("sr");
const PROCESSOR = "compact-m";

/** What is trained in a pipeline: by the image loss alone on the usual crops, or with R on crops of its size. */
export type Training = "train-pipeline" | "train-ra-pipeline";

async function configOf(work: Training, batch: number, steps: number, folders: readonly string[]) {
  const objective =
    work === "train-pipeline"
      ? { objective: "plain", lambda: 0, recognizer: null, crop: 128 }
      : { objective: "ra", lambda: 1e-3, recognizer: await recognizerFile(), crop: 224 };
  return TrainingConfig.parse({
    ...{ task: task.name, options: { ...task.options }, ...objective, processor: PROCESSOR, init: null },
    ...{ data: [...folders], steps, batch, lr: 5e-4, seed: 0 },
  });
}

/** A network of ResNet-18's shape as a file that says how it wants its images. */
async function recognizerFile(): Promise<string> {
  const file = join(await temporary(), "resnet18.onnx");
  await writeModel(resnet18(), file);
  const input = { size: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  await writeFile(file.replace(/onnx$/, "json"), JSON.stringify({ input }));
  return file;
}

/** A folder that goes away with this process. */
async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "legible-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Training as `legible train` does it on a folder of pictures, from one finished step to the next. */
export async function trainPipeline(work: Training, batch: number, pictures: number): Promise<Measure> {
  const dataset = await drawnPictures(pictures);
  return async (steps) => {
    const stamps: number[] = [];
    const config = await configOf(work, batch, steps + 1, dataset.folders);
    const onStep = () => stamps.push(performance.now());
    await train({ config, task, dataset, out: join(await temporary(), "run"), onStep });
    return between(stamps);
  };
}

/** The same steps on pictures that are there already. */
export async function bareTraining(work: Training, batch: number): Promise<Measure> {
  const config = await configOf(work, batch, 1, ["none"]);
  const { step } = await prepareStep({ config, task });
  const session = await Session.create(step.graph);
  const { crop } = config;
  return timed(stepping(session, step, { batch, degraded: crop / task.scale, clean: crop }));
}

async function networks() {
  const file = join(await temporary(), "model.onnx");
  await writeModel(findNetwork(PROCESSOR, task.scale).build(task.scale, 0), file);
  return { processor: await openProcessor(file, { name: "processor" }), graph: optimizeForInference(resnet18()) };
}

/** Evaluation as `legible evaluate` does it on a folder of pictures, from one finished batch to the next. */
export async function evaluatePipeline(batch: number, pictures: number): Promise<Measure> {
  const dataset = await drawnPictures(pictures);
  const { processor, graph } = await networks();
  const judge = await startClassifier({ name: "resnet18", key: "resnet18", graph, side: 224 });
  return async (steps) => {
    const stamps: number[] = [];
    const items = Array.from(
      { length: (steps + 1) * batch },
      (_, i) => dataset.items[i % pictures] ?? { path: "", annotation: { kind: "none" } as const },
    );
    const onProgress = () => stamps.push(performance.now());
    const data = { ...dataset, items };
    await evaluate({ dataset: data, task, processors: [processor], judges: [judge], batch, onProgress });
    return between(stamps);
  };
}

/** The same networks on pictures that are there already: the recognizer judges "none", the processor's and "clean". */
export async function bareEvaluation(batch: number): Promise<Measure> {
  const { processor, graph } = await networks();
  const session = await Session.create(graph);
  const degraded = noise([batch, 3, 56, 56]);
  const image = noise([batch, 3, 224, 224]);
  return timed(async () => {
    await processor.run(degraded);
    for (let row = 0; row < 3; row++) await session.run({ image });
  });
}

const between = (stamps: readonly number[]): number[] =>
  stamps.slice(1).map((stamp, i) => stamp - (stamps[i] as number));
