import type { Task } from "../data/task.js";
import { messageOf, UserError } from "../errors.js";
import { specialize } from "../onnx/graph.js";
import { probe } from "../runtime/probe.js";
import { declaredSizes, IMAGE, type ImageNetwork, misfit, RESTORED, standardized } from "./image-network.js";

/** Batch and crop of a training. */
interface Sizes {
  readonly batch: number;
  /** Side of the clean images; the degraded ones are smaller by the task's scale. */
  readonly crop: number;
}

/** Sizes of pictures are tried as multiples of these, since many networks halve the picture inside. */
const multiples = [2, 4, 8, 16, 32, 64];

/**
 * Runs a processor once on the sizes of a training, before the training begins. The batch may be another than the file
 * declares if the network runs with it all the same; a width and height that it declares are kept.
 * @throws UserError that says which crop and batch fit, or that the scale is another.
 */
export async function assertFits(network: ImageNetwork, task: Task, sizes: Sizes): Promise<void> {
  const wanted = { ...sizes, crop: declaredCrop(network, task) ?? sizes.crop };
  if (wanted.crop === sizes.crop && (await fits(network, task, sizes))) return;
  const possible = await sizesThatFit(network, task, wanted);
  const tried = `${count(sizes.batch)} of ${sizes.crop / task.scale}x${sizes.crop / task.scale} pixels`;
  const failure = `${network.graph.name} does not take ${tried} (--batch ${sizes.batch} --crop ${sizes.crop})`;
  if (possible) throw new UserError(`${failure}; what fits: --batch ${possible.batch} --crop ${possible.crop}`);
  throw new UserError(`${failure}: ${await failureOf(network, task, wanted)}`);
}

const count = (batch: number): string => `${batch} ${batch === 1 ? "image" : "images"}`;

/** The crop that the file declares; undefined where the size is free. @throws UserError when it is not square. */
function declaredCrop(network: ImageNetwork, task: Task): number | undefined {
  const { height, width } = declaredSizes(network);
  if (typeof height !== "number" && typeof width !== "number") return undefined;
  if (typeof height === "number" && typeof width === "number" && height !== width)
    throw new UserError(
      `${network.graph.name} takes pictures of ${width}x${height} pixels alone, and training crops are square; ` +
        "export it with free sizes",
    );
  return task.scale * Number(typeof height === "number" ? height : width);
}

/** Other sizes with which the processor runs: with the declared batch, then on crops near the wanted one. */
async function sizesThatFit(network: ImageNetwork, task: Task, wanted: Sizes): Promise<Sizes | undefined> {
  const { batch } = declaredSizes(network);
  const batches = [...new Set([wanted.batch, typeof batch === "number" ? batch : 1, 1])];
  const near = multiples.map((multiple) => {
    const step = multiple * task.scale;
    return Math.max(step, Math.round(wanted.crop / step) * step);
  });
  const crops = declaredCrop(network, task) === undefined ? [...new Set([wanted.crop, ...near])] : [wanted.crop];
  for (const crop of crops)
    for (const batch of batches) if (await fits(network, task, { batch, crop })) return { batch, crop };
  return undefined;
}

/** Whether the processor runs and gives pictures of the right size. @throws UserError when its scale is another. */
async function fits(network: ImageNetwork, task: Task, sizes: Sizes): Promise<boolean> {
  const from = shapeOf(task, sizes);
  const to = await shapeFrom(network, from).catch(() => undefined);
  if (to?.join() === [sizes.batch, 3, sizes.crop, sizes.crop].join()) return true;
  const enlarged = (to?.[2] ?? 0) / (from[2] ?? 1);
  if (to?.[0] === sizes.batch && to[1] === 3 && to[2] === to[3] && Number.isInteger(enlarged) && enlarged > 0)
    throw new UserError(misfit(network.graph.name, task, from, to));
  return false;
}

async function failureOf(network: ImageNetwork, task: Task, sizes: Sizes): Promise<string> {
  const from = shapeOf(task, sizes);
  return shapeFrom(network, from).then(
    (to) => `it maps [${from}] to [${to}]`,
    (error) => messageOf(error).replace(/\s+/g, " "),
  );
}

const shapeOf = (task: Task, { batch, crop }: Sizes): number[] => [batch, 3, crop / task.scale, crop / task.scale];

async function shapeFrom(network: ImageNetwork, shape: readonly number[]): Promise<readonly number[]> {
  const { shapes } = await probe(specialize(standardized(network), { [IMAGE]: shape }));
  return shapes.get(RESTORED) ?? [];
}
