import { constants, platform, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { asUserError } from "../errors.js";
import { collectGarbage } from "../platform/node/garbage.js";
import { movedMemory } from "../platform/node/moved-memory.js";
import type { WorkerResponse } from "../platform/node/worker-client.js";
import { type OpenOptions, openProcessor } from "../processors/open.js";
import type { Processor } from "../processors/processor.js";
import {
  type EnhancedImage,
  type EnhanceFileOptions,
  type EnhanceOptions,
  enhance,
  enhanceFile,
  enhancePixels,
  type ImageRemarks,
  type ImageSize,
} from "./enhance.js";
import type { LoadedInput, RawImage } from "./input.js";
import { type ExitState, isExiting, noteComputing } from "./orderly-exit.js";

/** The data that the worker is started with. */
export interface WorkerSettings {
  /** The path of the processor's file. */
  readonly model: string;
  readonly options: OpenOptions;
  readonly exit: ExitState;
}

/** What stays in the thread of the caller. */
type Callbacks = "onProgress" | "signal";

/** What the worker can be requested to do. */
export type Work =
  | { readonly kind: "open" }
  | { readonly kind: "image"; readonly input: LoadedInput; readonly options: Omit<EnhanceOptions, Callbacks> }
  | { readonly kind: "pixels"; readonly image: RawImage; readonly tile?: number | undefined }
  | {
      readonly kind: "file";
      readonly input: string;
      readonly output: string;
      readonly options: Omit<EnhanceFileOptions, Callbacks>;
    };

export type WorkOf<Kind extends Work["kind"]> = Extract<Work, { readonly kind: Kind }>;

/** The result of each kind of work. */
export interface Results {
  readonly open: { readonly scale: number };
  readonly image: Omit<EnhancedImage, "data"> & { readonly data: Uint8Array };
  readonly pixels: Required<RawImage>;
  readonly file: ImageSize & ImageRemarks;
}
export type Result = Results[keyof Results];

interface Request {
  readonly id: number;
  readonly work: Work;
}

/** A message to the worker: a request, the number of a request to abort, or the end. One request is answered at a time. */
export type Message = Request | { readonly abort: number } | "close";

/** The completed share of a request, 0 to 1. */
export interface Progress {
  readonly id: number;
  readonly share: number;
}

/** A message of the worker. */
export type Reply = WorkerResponse<Result> | Progress;

if (!parentPort) throw new Error("enhancer-worker.js must run as a worker thread started by openEnhancer");
const port = parentPort;

// The threads of ONNX Runtime inherit the priority, so that they do not delay the event loop where cores are short. Elsewhere
// than on Linux, a process has one priority.
if (platform() === "linux") setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const { model, options: openOptions, exit } = workerData as WorkerSettings;
const opening = openProcessor(model, openOptions);
opening.catch(() => {}); // reported by each request
let running: { readonly id: number; readonly stop: AbortController } | undefined;

port.on("message", (message: Message) => {
  if (message === "close") void close();
  else if ("abort" in message) abort(message.abort);
  else void answer(message);
});

function abort(id: number): void {
  if (running?.id === id) running.stop.abort();
}

async function close(): Promise<void> {
  await opening.then((processor) => processor.release()).catch(() => {});
  port.close();
}

async function answer({ id, work }: Request): Promise<void> {
  const stop = new AbortController();
  running = { id, stop };
  noteComputing(exit, true);
  try {
    const value = await perform(work, {
      signal: stop.signal,
      onProgress(share) {
        if (isExiting(exit)) stop.abort();
        port.postMessage({ id, share } satisfies Progress);
      },
    });
    if ("data" in value) sendWithData(id, value);
    else port.postMessage({ id, value } satisfies Reply);
  } catch (error) {
    const failure = stop.signal.aborted ? "aborted" : asUserError(error)?.message;
    if (failure === undefined) throw error;
    port.postMessage({ id, failure } satisfies Reply);
  } finally {
    running = undefined;
    noteComputing(exit, false);
    // An idle thread collects no garbage by itself, and would keep the pixels of its last image.
    if (work.kind !== "open") setImmediate(collectGarbage);
  }
}

async function perform(work: Work, context: Required<Pick<EnhanceOptions, Callbacks>>): Promise<Result> {
  const processor = await opening;
  if (work.kind === "open") return { scale: await measuredScale(processor) };
  if (work.kind === "file") return enhanceFile(processor, work.input, work.output, { ...work.options, ...context });
  if (work.kind === "image") return enhance(processor, unshared(work.input), { ...work.options, ...context });
  const { image, tile } = work;
  return enhancePixels(processor, unshared(image), { ...context, ...(tile !== undefined && { tile }) });
}

/** Measures what the first image needs to be known of the processor. */
async function measuredScale(processor: Processor): Promise<number> {
  const { scale } = await processor.geometry();
  await processor.border();
  await processor.receptiveRadius();
  return scale;
}

/** The input with memory of this thread alone: native libraries do not read shared memory. */
function unshared<Input extends LoadedInput>(input: Input): Input {
  const isShared = ({ buffer }: ArrayBufferView): boolean => buffer instanceof SharedArrayBuffer;
  if (input instanceof Uint8Array) return isShared(input) ? (input.slice() as typeof input) : input;
  return "data" in input && isShared(input.data) ? { ...input, data: input.data.slice() } : input;
}

/** Hands the memory of the result over. That of native libraries and of Node's pool cannot be, and is copied in this thread. */
function sendWithData(id: number, value: Results["image"] | Results["pixels"]): void {
  const { data } = value;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const own = movedMemory(bytes) ?? bytes.slice();
  const values = data instanceof Uint16Array ? new Uint16Array(own.buffer) : own;
  port.postMessage({ id, value: { ...value, data: values } as Result } satisfies Reply, [own.buffer as ArrayBuffer]);
}
