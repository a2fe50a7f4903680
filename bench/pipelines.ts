import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTask } from "../src/data/tasks/index.js";
import { evaluate } from "../src/evaluation/evaluate.js";
import { loadProcessor } from "../src/evaluation/restore.js";
import { writeModel } from "../src/graph/write.js";
import { inferenceForm } from "../src/lowering/inference.js";
import { findNetwork } from "../src/networks/index.js";
import type { Recognizer } from "../src/recognition/recognizer.js";
import { Session } from "../src/runtime/session.js";
import { adamScalars } from "../src/training/adam.js";
import { prepareStep } from "../src/training/prepare.js";
import { TrainingConfig } from "../src/training/run-folder.js";
import { nextState, scalars } from "../src/training/step.js";
import { train } from "../src/training/train.js";
import { type Measure, timed } from "./answering.js";
import { noise } from "./noise.js";
import { drawnPictures } from "./pictures.js";
import { resnet18 } from "./resnet18.js";

const task = findTask("sr");
const PROCESSOR = "compact-m";
const CROP = 128;

const config = (batch: number, steps: number, folders: readonly string[]) =>
  TrainingConfig.parse({
    task: task.name,
    options: { ...task.options },
    objective: "plain",
    lambda: 0,
    recognizer: null,
    processor: PROCESSOR,
    init: null,
    data: [...folders],
    steps,
    batch,
    crop: CROP,
    lr: 5e-4,
    seed: 0,
  });

/** A folder that goes away with this process. */
async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "legible-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Training as `legible train` does it on a folder of pictures, from one finished step to the next. */
export async function trainPipeline(batch: number, pictures: number): Promise<Measure> {
  const dataset = await drawnPictures(pictures);
  return async (steps) => {
    const stamps: number[] = [];
    const settings = config(batch, steps + 1, dataset.folders);
    const onStep = () => stamps.push(performance.now());
    await train({ config: settings, task, dataset, out: join(await temporary(), "run"), onStep });
    return between(stamps);
  };
}

/** The same steps on pictures that are there already. */
export async function bareTraining(batch: number): Promise<Measure> {
  const { step } = await prepareStep({ config: config(batch, 1, ["none"]), task });
  const session = await Session.create(step.graph);
  const side = CROP / task.scale;
  const images = { degraded: noise([batch, 3, side, side]), clean: noise([batch, 3, CROP, CROP]) };
  let [state, t] = [step.state, 0];
  return timed(async () => {
    const rates = scalars(adamScalars(5e-4, ++t));
    state = nextState(step, await session.run({ ...state, ...images, ...rates }));
  });
}

async function judges() {
  const file = join(await temporary(), "model.onnx");
  await writeModel(findNetwork(PROCESSOR, task.scale).build(task.scale, 0), file);
  return { processor: await loadProcessor("processor", file), recognizer: await recognizerOf() };
}

async function recognizerOf(): Promise<Recognizer> {
  const session = await Session.create(inferenceForm(resnet18()));
  return {
    name: "resnet18",
    size: 224,
    async logits(images, count) {
      const shape = [count, 3, 224, 224];
      const { logits } = await session.run({ image: { type: "float32", shape, data: images } });
      return logits?.data as Float32Array;
    },
  };
}

/** Evaluation as `legible evaluate` does it on a folder of pictures, from one finished batch to the next. */
export async function evaluatePipeline(batch: number, pictures: number): Promise<Measure> {
  const dataset = await drawnPictures(pictures);
  const { processor, recognizer } = await judges();
  return async (steps) => {
    const stamps: number[] = [];
    const items = Array.from(
      { length: (steps + 1) * batch },
      (_, i) => dataset.items[i % pictures] ?? { path: "", label: 0 },
    );
    const onProgress = () => stamps.push(performance.now());
    const data = { ...dataset, items };
    await evaluate({ dataset: data, task, processors: [processor], recognizers: [recognizer], batch, onProgress });
    return between(stamps);
  };
}

/** The same networks on pictures that are there already: the recognizer judges "none", the processor's and "clean". */
export async function bareEvaluation(batch: number): Promise<Measure> {
  const { processor, recognizer } = await judges();
  const degraded = noise([batch, 3, 56, 56]);
  const images = noise([batch, 3, 224, 224]).data as Float32Array;
  const [input = ""] = processor.session.inputNames;
  return timed(async () => {
    await processor.session.run({ [input]: degraded });
    for (let row = 0; row < 3; row++) await recognizer.logits(images, batch);
  });
}

const between = (stamps: readonly number[]): number[] =>
  stamps.slice(1).map((stamp, i) => stamp - (stamps[i] as number));
