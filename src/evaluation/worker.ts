import { parentPort } from "node:worker_threads";
import sharp from "sharp";
import { applyHandlings } from "../data/handling/apply.js";
import type { Handling } from "../data/handling/handling.js";
import { type Item, readItem } from "../data/item.js";
import { findTask } from "../data/tasks/index.js";
import { messageOf } from "../errors.js";
import type { Image } from "../images/image.js";
import { SsimMeter } from "../metrics/ssim-meter.js";
import type { WorkerResponse } from "../platform/node/worker-client.js";
import { randomAt } from "../random.js";
import { type EvaluationSample, evaluationSample, protocols, type ResolvedProtocol } from "./protocols.js";
import { cleanQuality, type Quality, qualityOf } from "./quality.js";
import { type Truth, truthOf } from "./truth.js";

/** What a worker can be requested to compute. */
export type Request =
  /** The clean part of an image that is evaluated. */
  | {
      readonly kind: "clean";
      readonly item: Item;
      readonly protocol: ResolvedProtocol;
      readonly scale: number;
    }
  /** The evaluation sample of an image. */
  | {
      readonly kind: "sample";
      readonly item: Item;
      readonly protocol: ResolvedProtocol;
      readonly task: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
      readonly seed: number;
      readonly number: number;
      /** Whether the degradation is estimated. */
      readonly estimates: boolean;
    }
  /** The images after handlings; the seed and the numbers of each image decide the noise. */
  | {
      readonly kind: "handle";
      readonly images: readonly Image[];
      readonly handlings: readonly Handling[];
      readonly numbers: readonly (readonly number[])[];
    }
  /** The quality of the images of each row against the clean ones, then that of the clean ones. */
  | {
      readonly kind: "compare";
      readonly rows: readonly (readonly Image[])[];
      readonly clean: readonly Image[];
      readonly protocol: ResolvedProtocol;
    };

interface NumberedRequest {
  readonly id: number;
  readonly request: Request;
}

/** A message to a worker: a request, or to end once it has answered the earlier ones. */
export type Message = NumberedRequest | "close";

/** What was made of an image, with the flaw of its file if it was decoded nevertheless. */
export interface Loaded<T> {
  readonly value: T;
  readonly truth: Truth;
  readonly flaw?: string;
}

/** The result of each kind of request; of "compare" the quality by row and image, the clean images last. */
export type Result = Loaded<Image> | Loaded<EvaluationSample> | readonly Image[] | readonly (readonly Quality[])[];

if (!parentPort) throw new Error("worker.js is started by EvaluationWorkers, as a worker thread");
const port = parentPort;

// The cores are left to the networks.
sharp.concurrency(1);
sharp.cache(false);
const meter = new SsimMeter();

const running = new Set<Promise<void>>();

port.on("message", async (message: Message) => {
  if (message === "close") {
    // sharp aborts the process if its thread ends while it decodes.
    await Promise.all(running);
    process.exit();
  }
  const answered = answer(message).finally(() => running.delete(answered));
  running.add(answered);
});

async function answer({ id, request }: NumberedRequest): Promise<void> {
  try {
    port.postMessage({ id, value: await resultOf(request) } satisfies WorkerResponse<Result>);
  } catch (error) {
    port.postMessage({ id, failure: messageOf(error) } satisfies WorkerResponse<Result>);
  }
}

async function resultOf(request: Request): Promise<Result> {
  if (request.kind === "handle") return handled(request);
  const { protocol } = request;
  if (request.kind === "clean")
    return loaded(request, request.scale, async (image) => protocols[protocol.protocol].clean(image, request.scale));
  if (request.kind === "sample") {
    const task = findTask(request.task.name, request.task.options);
    const random = randomAt(request.seed, request.number);
    return loaded(request, task.scale, (image) => evaluationSample(image, task, random, protocol, request.estimates));
  }
  return compared(request);
}

async function handled({ images, handlings, numbers }: Extract<Request, { kind: "handle" }>): Promise<Image[]> {
  const results: Image[] = [];
  for (const [i, image] of images.entries()) {
    const [seed = 0, ...indices] = numbers[i] ?? [];
    results.push(await applyHandlings(image, handlings, randomAt(seed, ...indices)));
  }
  return results;
}

async function compared({ rows, clean, protocol }: Extract<Request, { kind: "compare" }>): Promise<Quality[][]> {
  const qualities: Quality[][] = rows.map(() => []);
  for (const [i, image] of clean.entries()) {
    const column = rows.map((images) => images[i] as Image);
    for (const [row, quality] of (await qualityOf(column, image, protocol, meter)).entries())
      qualities[row]?.push(quality);
  }
  return [...qualities, clean.map((image) => cleanQuality(image, protocol))];
}

/** What `make` makes of the image of an item, with its annotation for the part that is evaluated. */
async function loaded<T>(
  { item, protocol }: { readonly item: Item; readonly protocol: ResolvedProtocol },
  scale: number,
  make: (image: Image) => Promise<T>,
): Promise<Loaded<T>> {
  let flaw: string | undefined;
  const image = await readItem(item, { onFlaw: (found) => (flaw = found) });
  const value = await make(image);
  const truth = await truthOf(item.annotation, image, protocols[protocol.protocol].part(image, scale));
  return { value, truth, ...(flaw !== undefined && { flaw }) };
}
