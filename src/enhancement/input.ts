import { fileURLToPath } from "node:url";
import { messageOf, UserError } from "../errors.js";
import { LARGEST_FILE, readImageFile } from "../platform/node/codec.js";

/** Decoded pixels: interleaved, rows from the top, in sRGB; alpha is not premultiplied. */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  /** RGB or RGBA. Default: 3. */
  readonly channels?: 3 | 4;
  /** `width · height · channels` values: 0 to 255, or 0 to 65535 in a Uint16Array. */
  readonly data: Uint8Array | Uint16Array;
}

/** The path of an image file. A plain string is no input, because it could as well be the content. */
export interface ImagePath {
  readonly file: string;
}

/** A stream of the web platform, such as the body of a `Response`. */
export interface WebByteStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

/** A stream of Node.js, such as a request, or another iterable of chunks. */
export type ByteStream = WebByteStream | AsyncIterable<Uint8Array>;

/**
 * An image to enhance: the content of an image file in memory, as a `Blob` or as a stream; the path or the `file:` URL of one;
 * or raw pixels.
 */
export type EnhanceInput = Uint8Array | ArrayBuffer | Blob | ByteStream | ImagePath | URL | RawImage;

/** An input in memory, or on the disk. */
export type LoadedInput = Uint8Array | RawImage | ImagePath;

/** Options of reading an input. */
export interface InputOptions {
  /** What to call the image in errors. Default: its path, or the image. */
  readonly name?: string | undefined;
  /** Stops reading, and destroys the stream. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the streams and blobs among the inputs.
 * @throws UserError when the input is of another kind, or its stream fails or has no bytes; the signal's reason when it aborts.
 */
export async function loadInput(input: EnhanceInput, options: InputOptions = {}): Promise<LoadedInput> {
  if (input instanceof Uint8Array) return input;
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (input instanceof Blob) return new Uint8Array(await input.arrayBuffer());
  if (input instanceof URL) return { file: pathOf(input) };
  if (isStream(input)) return readStream(input, options);
  if (isRawImage(input) || isImagePath(input)) return input;
  throw new UserError(
    `cannot enhance ${kindOf(input)}: expected a Uint8Array, an ArrayBuffer, a Blob, a stream of bytes, ` +
      "raw pixels ({ width, height, data }), a file: URL, or a path as { file }",
  );
}

/**
 * The content of an input in memory.
 * @throws UserError when the file cannot be read.
 */
export const contentOf = (input: LoadedInput): Promise<Uint8Array | RawImage> =>
  isImagePath(input) ? readImageFile(input.file) : Promise.resolve(input);

/** What to call an input in errors. */
export const nameOf = (input: LoadedInput): string => (isImagePath(input) ? input.file : "the image");

const isObject = (input: unknown): input is object => typeof input === "object" && input !== null;

const isImagePath = (input: unknown): input is ImagePath =>
  isObject(input) && "file" in input && typeof input.file === "string";

export const isRawImage = (input: unknown): input is RawImage =>
  isObject(input) && "width" in input && "height" in input && "data" in input;

const isStream = (input: unknown): input is ByteStream =>
  isObject(input) && (Symbol.asyncIterator in input || "getReader" in input);

const kindOf = (input: unknown): string =>
  typeof input === "string" ? "a string" : isObject(input) ? "an object of this kind" : String(input);

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new UserError(`cannot read ${url}: ${messageOf(error)}`);
  }
}

/** The whole content of a stream, in memory of its own. */
async function readStream(stream: ByteStream, { name = "the stream", signal }: InputOptions): Promise<Uint8Array> {
  signal?.throwIfAborted();
  const source = sourceOf(stream);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await unlessAborted(source.next(), signal);
      if (done) break;
      if (!(value instanceof Uint8Array)) throw new Error(`it has a chunk of type ${typeof value}; expected bytes`);
      chunks.push(value);
      length += value.length;
      if (length > LARGEST_FILE) throw new Error(`it has more than ${LARGEST_FILE} bytes`);
    }
    if (length === 0) throw new Error("it has no bytes");
  } catch (error) {
    source.stop(error);
    signal?.throwIfAborted();
    throw new UserError(`cannot read ${name}: ${messageOf(error)}`, { cause: error });
  }
  const content = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    content.set(chunk, at);
    at += chunk.length;
  }
  return content;
}

/** The chunks of a stream, and how to stop it while a chunk is awaited. */
interface ChunkSource {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  stop(reason: unknown): void;
}

function sourceOf(stream: ByteStream): ChunkSource {
  if ("getReader" in stream) {
    const reader = stream.getReader();
    return { next: () => reader.read(), stop: (reason) => void reader.cancel(reason).catch(() => {}) };
  }
  const iterator = stream[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    // An iterator returns only after its pending chunk; a stream of Node.js can be destroyed before.
    stop: () => {
      if ("destroy" in stream && typeof stream.destroy === "function") stream.destroy();
      else void iterator.return?.().catch(() => {});
    },
  };
}

/** @throws the signal's reason as soon as it aborts. */
export function unlessAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return result;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
