import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import PQueue from "p-queue";
import { UserError } from "../errors.js";
import { movedMemory } from "../platform/node/moved-memory.js";
import type { OpenOptions } from "../processors/open.js";
import type { EnhancedImage, EnhanceFileOptions, EnhanceOptions, ImageRemarks, ImageSize } from "./enhance.js";
import { EnhancerThread, type RequestOptions } from "./enhancer-thread.js";
import type { Results, Work, WorkOf } from "./enhancer-worker.js";
import { type EnhanceInput, type LoadedInput, loadInput, nameOf, type RawImage } from "./input.js";

/** Options of the methods of an `Enhancer` that get an image in memory. */
export interface TransferOption {
  /**
   * Whether the memory of the input goes to the worker instead of a copy; the array is then empty afterwards. An array on shared
   * memory is never copied in the thread of the caller. Default: false.
   */
  readonly transfer?: boolean;
}

/** A processor in a worker thread. */
export interface Enhancer extends AsyncDisposable {
  /** Output pixels per input pixel along each axis. */
  readonly scale: number;
  /** As the function `enhance`: decoding, the network and encoding run in the worker. Memory of the input must stay unchanged. */
  enhance(input: EnhanceInput, options?: EnhanceOptions & TransferOption): Promise<EnhancedImage>;
  /** As the function `enhancePixels`. */
  enhancePixels(
    image: RawImage,
    options?: Pick<EnhanceFileOptions, "tile" | "onProgress" | "signal"> & TransferOption,
  ): Promise<Required<RawImage>>;
  /** As the function `enhanceFile`. */
  enhanceFile(input: string, output: string, options?: EnhanceFileOptions): Promise<ImageSize & ImageRemarks>;
  /** Ends the worker after the calls that were made. Later calls are refused. */
  close(): Promise<void>;
}

/** Options of `openEnhancer`. */
export type EnhancerOptions = OpenOptions;

/**
 * Opens a processor in a worker thread, so that a server stays responsive: the results are those of `enhance`, `enhancePixels`
 * and `enhanceFile` with a processor of this thread. Calls wait for each other and run in their order.
 *
 * When a signal aborts, its call is rejected at once, and the worker stops after the running tile. If the worker ends by itself, the running call is rejected, and the next one
 * starts a new worker. An idle enhancer does not keep the process alive.
 * @param model the path or the `file:` URL of an ONNX file.
 * @example
 * await using enhancer = await openEnhancer("models/sr-x4-m-ra.onnx");
 * const { data } = await enhancer.enhance(request, { format: "webp", signal: AbortSignal.timeout(60_000) });
 * response.end(data);
 * @throws UserError when the model cannot be opened or does not run.
 */
export async function openEnhancer(model: string | URL, options: EnhancerOptions = {}): Promise<Enhancer> {
  const path = model instanceof URL ? fileURLToPath(model) : model;
  const thread = new EnhancerThread(path, options);
  try {
    const { scale } = await thread.run({ kind: "open" }, { name: path });
    return new WorkerEnhancer(scale, thread, () => new EnhancerThread(path, options));
  } catch (error) {
    await thread.close();
    throw error;
  }
}

/** Work with what of it is handed over. */
interface Prepared<Kind extends Work["kind"]> {
  readonly work: WorkOf<Kind>;
  readonly transfer?: readonly ArrayBuffer[];
}

type PixelOptions = Pick<EnhanceFileOptions, "tile" | "onProgress" | "signal"> & TransferOption;

class WorkerEnhancer implements Enhancer {
  private readonly queue = new PQueue({ concurrency: 1 });
  private readonly calls = new Set<Promise<unknown>>();
  private closing: Promise<void> | undefined;

  constructor(
    readonly scale: number,
    private thread: EnhancerThread,
    private readonly start: () => EnhancerThread,
  ) {}

  enhance(input: EnhanceInput, options: EnhanceOptions & TransferOption = {}): Promise<EnhancedImage> {
    return this.counted(async () => {
      const { onProgress, signal, transfer = false, ...others } = options;
      const loaded = await loadInput(input, options);
      const { name = nameOf(loaded) } = options;
      const isOurs = loaded !== input && !(input instanceof ArrayBuffer);
      const prepare = async (): Promise<Prepared<"image">> => {
        const [own, buffers] = await handedOver(loaded, transfer || isOurs);
        return { work: { kind: "image", input: own, options: others }, transfer: buffers };
      };
      const { data, ...image } = await this.submit(prepare, { name, onProgress, signal });
      return { ...image, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength) };
    });
  }

  enhancePixels(
    image: RawImage,
    { tile, transfer = false, ...options }: PixelOptions = {},
  ): Promise<Required<RawImage>> {
    const prepare = async (): Promise<Prepared<"pixels">> => {
      const [own, buffers] = await handedOver(image, transfer);
      return { work: { kind: "pixels", image: own, tile }, transfer: buffers };
    };
    return this.counted(() => this.submit(prepare, { name: "the image", ...options }));
  }

  enhanceFile(
    input: string,
    output: string,
    { onProgress, signal, ...options }: EnhanceFileOptions = {},
  ): Promise<ImageSize & ImageRemarks> {
    const work = { kind: "file", input, output, options } as const;
    return this.counted(() => this.submit(async () => ({ work }), { name: input, onProgress, signal }));
  }

  close(): Promise<void> {
    this.closing ??= Promise.allSettled(this.calls).then(() => this.thread.close());
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Makes a call that `close` waits for. */
  private counted<T>(call: () => Promise<T>): Promise<T> {
    if (this.closing) return Promise.reject(new UserError("cannot enhance: the enhancer is closed"));
    const result = call();
    const end = () => this.calls.delete(result);
    this.calls.add(result);
    result.then(end, end);
    return result;
  }

  /** Runs work when the earlier calls have ended. */
  private submit<Kind extends Work["kind"]>(
    prepare: () => Promise<Prepared<Kind>>,
    options: RequestOptions,
  ): Promise<Results[Kind]> {
    const run = async (): Promise<Results[Kind]> => {
      if (!(await this.thread.isFree())) this.thread = this.start();
      const { work, transfer = [] } = await prepare();
      options.signal?.throwIfAborted();
      return this.thread.run(work, { ...options, transfer });
    };
    return this.queue.add(run, options.signal && { signal: options.signal });
  }
}

/** How many bytes are copied at once: copying more would block the event loop. */
const COPIED_AT_ONCE = 2 ** 24;

/** The input in memory that the worker may have, with the buffers to hand over. */
async function handedOver<Input extends LoadedInput>(
  input: Input,
  isGiven: boolean,
): Promise<[input: Input, buffers: ArrayBuffer[]]> {
  if (input instanceof Uint8Array) {
    const data = await ownBytes(input, isGiven);
    return [data as typeof input, buffersOf(data)];
  }
  if (!("data" in input)) return [input, []];
  const { data } = input;
  const bytes = await ownBytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), isGiven);
  const own = data instanceof Uint16Array ? new Uint16Array(bytes.buffer, bytes.byteOffset, data.length) : bytes;
  return [{ ...input, data: own }, buffersOf(bytes)];
}

const buffersOf = ({ buffer }: Uint8Array): ArrayBuffer[] => (buffer instanceof ArrayBuffer ? [buffer] : []);

/** The bytes themselves if they are shared, their memory if it is given away and can be, otherwise a copy. */
async function ownBytes(bytes: Uint8Array, isGiven: boolean): Promise<Uint8Array> {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const moved = isGiven ? movedMemory(bytes) : undefined;
  if (moved) return moved;
  const copy = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += COPIED_AT_ONCE) {
    if (at > 0) await setImmediate();
    copy.set(bytes.subarray(at, at + COPIED_AT_ONCE), at);
  }
  return copy;
}
