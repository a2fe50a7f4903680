import { messageOf, UserError } from "../errors.js";
import { type Graph, specialize, type ValueInfo } from "../onnx/graph.js";
import { type ArrayType, arrayOf, float32, type NumericData, sizeOf, type Tensor } from "../onnx/tensor.js";
import { Session, type SessionOptions, type Tensors } from "./session.js";

/** A network that maps each image of a batch to one row of each output. */
export interface BatchedNetwork {
  /** One float32 input [N, …image], with an open batch. */
  readonly graph: Graph;
  /** The shape of one image, such as [3, 224, 224]. */
  readonly image: readonly number[];
  /** The batch size that the file declares; null if it is open. */
  readonly declaredBatch: number | null;
}

/** How a network runs on several images. */
export interface Batching {
  /** The batch size that the file declares; null if it is open. */
  readonly declared: number | null;
  /** The images run in groups of this size; null if a batch of any size gives the same rows as images run alone. */
  readonly group: number | null;
}

/** The batch size that a file declares for an input; null if it is open. */
export function declaredBatchOf(input: ValueInfo | undefined): number | null {
  const size = input?.shape?.[0];
  return typeof size === "number" && size > 0 ? size : null;
}

/** Runs a network on a batch of images. */
type Run = (images: Tensor) => Promise<Tensors>;

/**
 * A session that runs a network on any number of images. When it opens, a trial compares the rows of an image alone and
 * among others. If they differ, or the network does not run with other batch sizes than its own, the images run in groups:
 * of the declared batch, or one by one. The last group is padded by repeating its last image.
 */
export class BatchedSession {
  private constructor(
    private readonly session: Session,
    readonly batching: Batching,
  ) {}

  /** @throws UserError when no batch size gives one row for each image that is independent of the other images. */
  static async open(network: BatchedNetwork, options: SessionOptions = {}): Promise<BatchedSession> {
    const { graph, image, declaredBatch } = network;
    const input = graph.inputs[0]?.name ?? "";
    let session: Session | undefined;
    const batching = await findBatching(graph.name, declaredBatch, async (group) => {
      await session?.release();
      const shape = group === null ? ["N", ...image] : [group, ...image];
      session = undefined;
      session = await Session.create(specialize(graph, { [input]: shape }), options);
      await requireSeparateRows((images) => (session as Session).run({ [input]: images }), image, {
        declared: declaredBatch,
        group,
      });
    }).catch(async (error: unknown) => {
      await session?.release();
      throw error;
    });
    return new BatchedSession(session as unknown as Session, batching);
  }

  /**
   * @param images [N, …image].
   * @returns the outputs (all of them, or those in `fetch`) with one row for each image.
   */
  run(images: Tensor, fetch?: readonly string[]): Promise<Tensors> {
    const [input = ""] = this.session.inputNames;
    return runInGroups((group) => this.session.run({ [input]: group }, fetch), images, this.batching);
  }

  /** Frees the memory now. */
  release(): Promise<void> {
    return this.session.release();
  }
}

/** Tries how a network runs on several images, as `BatchedSession.open` does. */
export async function batchingOf(network: BatchedNetwork): Promise<Batching> {
  const session = await BatchedSession.open(network);
  await session.release();
  return session.batching;
}

/**
 * The first way of running a network that works: as one batch of any size, in groups of the declared batch, one by one.
 * @param attempt throws if the network does not work in groups of this size (null: as one batch).
 * @throws UserError when none works.
 */
export async function findBatching(
  name: string,
  declared: number | null,
  attempt: (group: number | null) => Promise<void>,
): Promise<Batching> {
  const reasons: string[] = [];
  for (const group of new Set([null, declared ?? 1, 1])) {
    try {
      await attempt(group);
      return { declared, group };
    } catch (error) {
      reasons.push(messageOf(error).replace(/\s+/g, " ").trim());
    }
  }
  throw new UserError(`cannot run ${name} image by image: ${reasons[declared === null ? 0 : 1]}`);
}

/** Runs a network on images [N, …] as a trial found: as one batch or in groups. Each output has a row for each image. */
export async function runInGroups(run: Run, images: Tensor, { group }: Pick<Batching, "group">): Promise<Tensors> {
  const [count = 0, ...image] = images.shape;
  if (group === null || group === count) return run(images);
  const results: Tensors[] = [];
  for (let start = 0; start < count; start += group) {
    const rows = Array.from({ length: group }, (_, i) => Math.min(start + i, count - 1));
    results.push(await run(rowsOf(images, rows, image)));
  }
  return concatenated(results, count);
}

/**
 * Runs a network on an image alone and among others, in groups of this size.
 * @param image the shape of one image.
 * @throws UserError when it does not output one row for each image, or the rows depend on the other images.
 */
export async function requireSeparateRows(run: Run, image: readonly number[], { declared, group }: Batching) {
  const rowsFor = async (images: readonly number[]) => {
    const results = await run(trialImages(images, image));
    return Object.entries(results).map(([name, tensor]) => rowsOfOutput(name, tensor, images.length));
  };
  const [one, other] = group === null ? [[0], [1, 0, 2]] : [among(group, 0, DARK), among(group, group - 1, BRIGHT)];
  const [rows, again] = [await rowsFor(one), await rowsFor(other)];
  const neighbor = other.findIndex((number) => number !== 0);
  let differ = false;
  for (const [i, outputs] of rows.entries()) {
    const [expected, found] = [outputs[one.indexOf(0)], again[i]?.[other.indexOf(0)]] as [Row, Row];
    const spread = distance(expected, again[i]?.[neighbor] ?? expected);
    if (distance(expected, found) > toleranceOf(expected, spread))
      throw new UserError(group === 1 ? VARYING : DEPENDENT);
    differ ||= spread > toleranceOf(expected, 0);
  }
  // If images of all kinds have the same rows, the trial shows nothing, and the declared batch is safer.
  if (group === null && declared !== null && !differ) throw new UserError(ALIKE);
  if (group === 1 && declared !== 1) await requireDifference(rowsFor, rows);
}

/** @throws UserError when another image alone has the same rows: then they tell apart nothing but images of a batch. */
async function requireDifference(rowsFor: (images: readonly number[]) => Promise<Row[][]>, rows: readonly Row[][]) {
  const others = await rowsFor([BRIGHT]);
  const differs = rows.some(([row], i) => {
    const [expected, found] = [row, others[i]?.[0]] as [Row, Row];
    return distance(expected, found) > toleranceOf(expected, 0);
  });
  if (!differs) throw new UserError(ALIKE);
}

/** Numbers of trial images by their brightness: each third is like these. Image 0 is between them. */
const [DARK, BRIGHT] = [1, 2];

/** Numbers of trial images: image 0 at this position, among others that are all dark or all bright. */
const among = (count: number, position: number, others: number): number[] =>
  Array.from({ length: count }, (_, i) => (i === position ? 0 : others + levels.length * i));

const DEPENDENT =
  "its output for an image depends on the other images of the batch (was it exported in evaluation mode?)";
const VARYING = "its output for the same image differs from run to run (was it exported in evaluation mode?)";
const ALIKE = "its output is the same for different images";

type Row = NumericData;

/** The brightness of the trial images. */
const levels = [0.5, 0.1, 0.9];

/** Images of different brightness and structure, in [0, 1]. */
export function trialImages(chosen: Iterable<number>, image: readonly number[]): Tensor {
  const [numbers, size] = [[...chosen], sizeOf(image)];
  const data = new Float32Array(numbers.length * size);
  for (const [row, number] of numbers.entries())
    for (let i = 0; i < size; i++) {
      const noise = Math.abs(Math.sin((i + 1) * (number + 1)) * 43758.5453) % 1;
      const wave = 0.5 + 0.5 * Math.sin((2 * Math.PI * (number + 2) * i) / size);
      data[row * size + i] = 0.3 * noise + 0.3 * wave + 0.4 * (levels[number % levels.length] ?? 0);
    }
  return float32(data, [numbers.length, ...image]);
}

/** @throws UserError when the output does not have one row for each image. */
function rowsOfOutput(name: string, { shape, data }: Tensor, images: number): Row[] {
  if (shape[0] !== images)
    throw new UserError(
      `it does not output one row for each image: for ${images} ${images === 1 ? "image" : "images"} "${name}" is [${shape.join(", ")}]`,
    );
  const row = data.length / images;
  return Array.from({ length: images }, (_, i) => data.subarray(i * row, (i + 1) * row));
}

/** The largest difference of two rows. */
function distance(one: Row, other: Row): number {
  let largest = 0;
  for (let i = 0; i < one.length; i++) {
    const [a, b] = [Number(one[i]), Number(other[i])];
    if (!Object.is(a, b)) largest = Math.max(largest, Number.isNaN(a - b) ? Number.POSITIVE_INFINITY : Math.abs(a - b));
  }
  return largest;
}

/** What rounding explains: relative to the difference between images, and to the magnitude of the values. */
function toleranceOf(row: Row, spread: number): number {
  let magnitude = 0;
  for (const value of row) if (Number.isFinite(Number(value))) magnitude = Math.max(magnitude, Math.abs(Number(value)));
  return 1e-3 * (Number.isFinite(spread) ? spread : 0) + 1e-5 * magnitude;
}

/** The images of these numbers as a batch. */
function rowsOf({ data }: Tensor, rows: readonly number[], image: readonly number[]): Tensor {
  const size = sizeOf(image);
  const batch = new Float32Array(rows.length * size);
  for (const [i, row] of rows.entries())
    batch.set((data as Float32Array).subarray(row * size, (row + 1) * size), i * size);
  return float32(batch, [rows.length, ...image]);
}

/** The first `count` rows of the outputs of all groups. */
function concatenated(results: readonly Tensors[], count: number): Tensors {
  const whole = ([name, { type, shape }]: [string, Tensor]): [string, Tensor] => {
    const row = sizeOf(shape.slice(1));
    const data = new arrayOf[type as ArrayType](count * row);
    for (const [i, result] of results.entries()) {
      const part = (result[name] as Tensor).data;
      const start = i * part.length;
      data.set(part.subarray(0, Math.min(part.length, data.length - start)) as never, start);
    }
    return [name, { type, shape: [count, ...shape.slice(1)], data }];
  };
  return Object.fromEntries(Object.entries(results[0] ?? {}).map(whole));
}
