import type { Task } from "../data/task.js";
import { messageOf, UserError } from "../errors.js";
import { specialize } from "../onnx/graph.js";
import { probe } from "../runtime/probe.js";
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
 * Checks that a processor accepts the batch size and crop of a training by running it once. The batch size may differ from
 * the declared one if the network still runs; a declared width and height must be used.
 * @throws UserError when the sizes do not fit, with sizes that do, or when the processor's scale is not the task's.
 */
export async function assertFits(network: ImageNetwork, task: Task, sizes: Sizes): Promise<void> {
  const declared = { ...sizes, crop: declaredCrop(network, task) ?? sizes.crop };
  if (declared.crop === sizes.crop && (await fits(network, task, sizes))) return;
  const accepted = await sizesThatFit(network, task, declared);
  const tried = `${count(sizes.batch)} of ${sizes.crop / task.scale}x${sizes.crop / task.scale} pixels`;
  const failure =
    `cannot train ${network.graph.name} with \`batch\` ${sizes.batch} and \`crop\` ${sizes.crop}: ` +
    `it does not accept ${tried}`;
  if (accepted) throw new UserError(`${failure}; use \`batch\` ${accepted.batch} and \`crop\` ${accepted.crop}`);
  throw new UserError(`${failure} (${await failureOf(network, task, declared)})`);
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

/** Other sizes that the processor accepts: the requested crop with other batch sizes, then similar crops. */
async function sizesThatFit(network: ImageNetwork, task: Task, requested: Sizes): Promise<Sizes | undefined> {
  const { batch } = declaredSizes(network);
  const batches = [...new Set([requested.batch, typeof batch === "number" ? batch : 1, 1])];
  const near = multiples.map((multiple) => {
    const step = multiple * task.scale;
    return Math.max(step, Math.round(requested.crop / step) * step);
  });
  const crops = declaredCrop(network, task) === undefined ? [...new Set([requested.crop, ...near])] : [requested.crop];
  for (const crop of crops)
    for (const batch of batches) if (await fits(network, task, { batch, crop })) return { batch, crop };
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
