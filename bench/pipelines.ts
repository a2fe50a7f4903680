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
import { resolveModels } from "../src/training/resolve.js";
import { train } from "../src/training/train.js";
import { type Measure, timed } from "./answering.js";
import { noise } from "./noise.js";
import { resnet18 } from "./resnet18.js";
import { stepping } from "./stepping.js";
import { syntheticImages } from "./synthetic-images.js";

const task = findTask("sr");
const PROCESSOR = "compact-m";

/** Training pipelines: with the image loss only on default crops, or with R on crops of its input size. */
export type Training = "train-pipeline" | "train-ra-pipeline";

async function settingsOf(work: Training, batch: number, steps: number) {
  const objective =
    work === "train-pipeline"
      ? { objective: "plain", crop: 128 }
      : { objective: "ra", lambda: 1e-3, recognizer: [await recognizerFile()], crop: 224 };
  return { ...objective, processor: PROCESSOR, steps, batch, lr: 5e-4, seed: 0 };
}

/** A file of ResNet-18 with its sidecar. */
async function recognizerFile(): Promise<string> {
  const file = join(await temporaryFolder(), "resnet18.onnx");
  await writeModel(resnet18(), file);
  const input = { size: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  await writeFile(file.replace(/onnx$/, "json"), JSON.stringify({ input }));
  return file;
}

/** A folder that is deleted when this process ends. */
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "legible-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Training as in `legible train` on a folder of images. Measures the time between finished steps. */
export async function trainPipeline(work: Training, batch: number, imageCount: number): Promise<Measure> {
  const dataset = await syntheticImages(imageCount);
  return async (steps) => {
    const stamps: number[] = [];
    const settings = await settingsOf(work, batch, steps + 1);
    const onStep = () => stamps.push(performance.now());
    await train({ ...settings, task, dataset, out: join(await temporaryFolder(), "run"), onStep });
    return intervals(stamps);
  };
}

/** The same steps on images in memory. */
export async function bareTraining(work: Training, batch: number): Promise<Measure> {
  const settings = await settingsOf(work, batch, 1);
  const step = await prepareStep(await resolveModels({ ...settings, data: ["none"] }, task));
  const session = await Session.create(step.graph);
  const { crop } = settings;
  return timed(stepping(session, step, { batch, degraded: crop / task.scale, clean: crop }));
}

async function networks() {
  const file = join(await temporaryFolder(), "model.onnx");
  await writeModel(findNetwork(PROCESSOR, task.scale).build(task.scale, 0), file);
  return { processor: await openProcessor(file, { name: "processor" }), graph: optimizeForInference(resnet18()) };
}

/** Evaluation as in `legible evaluate` on a folder of images. Measures the time between finished batches. */
export async function evaluatePipeline(batch: number, imageCount: number): Promise<Measure> {
  const dataset = await syntheticImages(imageCount);
  const { processor, graph } = await networks();
  const judge = await startClassifier({ name: "resnet18", key: "resnet18", graph, side: 224 });
  return async (steps) => {
    const stamps: number[] = [];
    const items = Array.from(
      { length: (steps + 1) * batch },
      (_, i) => dataset.items[i % imageCount] ?? { path: "", annotation: { kind: "none" } as const },
    );
    const onProgress = () => stamps.push(performance.now());
    const data = { ...dataset, items };
    await evaluate({ dataset: data, task, processors: [processor], judges: [judge], batch, onProgress });
    return intervals(stamps);
  };
}

/** The same networks on images in memory. The recognizer runs on three rows: "none", the processor's and "clean". */
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

const intervals = (stamps: readonly number[]): number[] =>
  stamps.slice(1).map((stamp, i) => stamp - (stamps[i] as number));
