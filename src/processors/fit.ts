import type { Task } from "../data/task.js";
import { messageOf, UserError } from "../errors.js";
import { specialize } from "../onnx/graph.js";
import type { Tensor } from "../onnx/tensor.js";
import { type Batching, declaredBatchOf, findBatching, requireSeparateRows } from "../runtime/batching.js";
import { probe } from "../runtime/probe.js";
import { Session } from "../runtime/session.js";
import { declaredSizes, IMAGE, type ImageNetwork, mismatchMessage, RESTORED, standardized } from "./image-network.js";

/** Batch size and crop of a training. */
interface Sizes {
  readonly batch: number;
  /** Side of the clean images; the degraded ones are smaller by the task's scale. */
  readonly crop: number;
}

/** Image sizes are tried as multiples of these, because many networks downsample the image by powers of 2. */
const multiples = [2, 4, 8, 16, 32, 64];

/**
 * Checks that a processor accepts the batch size and crop of a training by running it. A declared width and height must be
 * used. If the network runs only with the batch size that its file declares, or its images affect each other, the batch is
 * divided into groups.
 * @returns how the network runs on the batch.
 * @throws UserError when the sizes do not fit, with a crop that does, or when the processor's scale is not the task's.
 */
export async function fitProcessor(network: ImageNetwork, task: Task, sizes: Sizes): Promise<Batching> {
  const declared = { ...sizes, crop: declaredCrop(network, task) ?? sizes.crop };
  const batching = declared.crop === sizes.crop ? await batchingAt(network, task, sizes) : undefined;
  if (batching) return batching;
  const accepted = await cropThatFits(network, task, declared);
  const side = sizes.crop / task.scale;
  const failure =
    `cannot train ${network.graph.name} with \`batch\` ${sizes.batch} and \`crop\` ${sizes.crop}: ` +
    `it does not accept ${count(sizes.batch)} of ${side}x${side} pixels`;
  if (accepted !== undefined) throw new UserError(`${failure}; use \`batch\` ${sizes.batch} and \`crop\` ${accepted}`);
  throw new UserError(`${failure} (${await failureOf(network, task, declared)})`);
}

/** How the network runs on a batch of these sizes; undefined if it does not. */
async function batchingAt(network: ImageNetwork, task: Task, sizes: Sizes): Promise<Batching | undefined> {
  const declared = declaredBatchOf(network.graph.inputs[0]);
  const own = declared ?? sizes.batch;
  const ownFits = await fits(network, task, { ...sizes, batch: own });
  const works = async (group: number | null) => {
    const batch = group ?? sizes.batch;
    const shape = shapeOf(task, { ...sizes, batch });
    if (!(batch === own ? ownFits : await fits(network, task, { ...sizes, batch })))
      throw new UserError("it does not run");
    const session = await Session.create(specialize(standardized(network), { [IMAGE]: ["N", ...shape.slice(1)] }));
    const run = (images: Tensor) => session.run({ [IMAGE]: images });
    await requireSeparateRows(run, shape.slice(1), { declared, group }).finally(() => session.release());
  };
  return findBatching(network.graph.name, declared, works).catch(() => undefined);
}

const count = (batch: number): string => `${batch} ${batch === 1 ? "image" : "images"}`;

/** The crop that the file declares; undefined if the size is free. @throws UserError when it is not square. */
function declaredCrop(network: ImageNetwork, task: Task): number | undefined {
  const { height, width } = declaredSizes(network);
  if (typeof height !== "number" && typeof width !== "number") return undefined;
  if (typeof height === "number" && typeof width === "number" && height !== width)
    throw new UserError(
      `cannot train ${network.graph.name}: it accepts only images of ${width}x${height} pixels, but training crops are square; ` +
        "export it with dynamic height and width",
    );
  return task.scale * Number(typeof height === "number" ? height : width);
}

/** Another crop that the processor accepts: the declared one, or a similar one. */
async function cropThatFits(network: ImageNetwork, task: Task, { batch, crop }: Sizes): Promise<number | undefined> {
  const near = multiples.map((multiple) => {
    const step = multiple * task.scale;
    return Math.max(step, Math.round(crop / step) * step);
  });
  const crops = declaredCrop(network, task) === undefined ? [...new Set(near)] : [crop];
  for (const each of crops) if (await batchingAt(network, task, { batch, crop: each })) return each;
  return undefined;
}

/** Whether the processor runs and its output has the right shape. @throws UserError when its scale is not the task's. */
async function fits(network: ImageNetwork, task: Task, sizes: Sizes): Promise<boolean> {
  const from = shapeOf(task, sizes);
  const to = await shapeFrom(network, from).catch(() => undefined);
  if (to?.join() === [sizes.batch, 3, sizes.crop, sizes.crop].join()) return true;
  const scale = (to?.[2] ?? 0) / (from[2] ?? 1);
  if (to?.[0] === sizes.batch && to[1] === 3 && to[2] === to[3] && Number.isInteger(scale) && scale > 0)
    throw new UserError(mismatchMessage(network.graph.name, task, from, to));
  return false;
}

/** Why the processor does not accept these sizes. */
async function failureOf(network: ImageNetwork, task: Task, sizes: Sizes): Promise<string> {
  const from = shapeOf(task, sizes);
  return shapeFrom(network, from).then(
    (to) => `it maps [${from}] to [${to}]`,
    (error) => messageOf(error).replace(/\s+/g, " "),
  );
}

const shapeOf = (task: Task, { batch, crop }: Sizes): number[] => [batch, 3, crop / task.scale, crop / task.scale];

/** The shape of the output for an input of `shape`. @throws when the network does not run on it. */
async function shapeFrom(network: ImageNetwork, shape: readonly number[]): Promise<readonly number[]> {
  const { shapes } = await probe(specialize(standardized(network), { [IMAGE]: shape }));
  return shapes.get(RESTORED) ?? [];
}
