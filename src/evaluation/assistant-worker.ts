import { parentPort } from "node:worker_threads";
import sharp from "sharp";
import { type Item, readItem } from "../data/item.js";
import { type EvaluationSample, evaluationCrop, evaluationSample } from "../data/samples.js";
import { findTask } from "../data/tasks/index.js";
import { messageOf } from "../errors.js";
import type { Image } from "../images/image.js";
import { psnr } from "../metrics/psnr.js";
import { SsimMeter } from "../metrics/ssim-meter.js";
import type { WorkerResponse } from "../platform/node/worker-client.js";
import { randomAt } from "../random.js";

/** What the thread is asked. */
export type Question =
  | { readonly kind: "crop"; readonly item: Item; readonly multiple: number }
  | {
      readonly kind: "sample";
      readonly item: Item;
      readonly task: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
      readonly seed: number;
      readonly number: number;
    }
  | { readonly kind: "compare"; readonly rows: readonly (readonly Image[])[]; readonly clean: readonly Image[] };

/** How near images are to the clean ones, one value for each. */
export interface Likeness {
  /** In dB. */
  readonly psnr: number[];
  readonly ssim: number[];
}

/** What it answers. */
export type Told = Image | EvaluationSample | readonly Likeness[];

if (!parentPort) throw new Error("assistant-worker.js is started by Assistants, as a worker thread");
const port = parentPort;

// The cores belong to the networks.
sharp.concurrency(1);
sharp.cache(false);
const meter = new SsimMeter();

port.on("message", async ({ id, question }: { id: number; question: Question }) => {
  try {
    port.postMessage({ id, value: await answer(question) } satisfies WorkerResponse<Told>);
  } catch (error) {
    port.postMessage({ id, failure: messageOf(error) } satisfies WorkerResponse<Told>);
  }
});

async function answer(question: Question): Promise<Told> {
  if (question.kind === "crop") return evaluationCrop(await readItem(question.item), question.multiple);
  if (question.kind === "sample") {
    const { item, task, seed, number } = question;
    return evaluationSample(await readItem(item), findTask(task.name, task.options), randomAt(seed, number));
  }
  const { rows, clean } = question;
  const likenesses = rows.map((images) => ({
    psnr: images.map((image, i) => psnr(image, clean[i] as Image)),
    ssim: [] as number[],
  }));
  for (const [i, picture] of clean.entries()) {
    const column = rows.map((images) => images[i] as Image);
    for (const [row, value] of (await meter.measure(column, picture)).entries()) likenesses[row]?.ssim.push(value);
  }
  return likenesses;
}
