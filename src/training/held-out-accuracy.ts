import { classOf } from "../data/annotation.js";
import type { Dataset } from "../data/dataset.js";
import { type Item, readItem } from "../data/item.js";
import { evaluationCrop } from "../data/samples.js";
import { UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { toPlanar } from "../images/planar.js";
import { resize } from "../images/resize.js";
import { rankOf } from "../metrics/accuracy.js";
import { wilson } from "../metrics/bootstrap.js";
import type { Graph } from "../onnx/graph.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { Session, type SessionOptions } from "../runtime/session.js";
import { sideOf } from "./recognizer-forward.js";

/** How many of some pictures a recognizer puts in their class. */
export interface HeldOutAccuracy {
  /** Share from 0 to 1. */
  readonly top1: number;
  /** Its 95 % interval (Wilson). */
  readonly interval: readonly [low: number, high: number];
  /** Pictures that were judged; those that cannot be read are not. */
  readonly count: number;
}

/** Images judged at once. */
const TOGETHER = 50;

/**
 * Judges a recognizer as `legible evaluate` does on clean pictures: their middle, resized to its own size.
 * @throws UserError when no picture can be read.
 */
export async function heldOutAccuracy(
  network: Graph,
  { items, folders }: Dataset,
  options: SessionOptions = {},
): Promise<HeldOutAccuracy> {
  const side = sideOf(network);
  const session = await Session.create(network, options);
  let [right, count] = [0, 0];
  for (let start = 0; start < items.length; start += TOGETHER) {
    const loaded = await Promise.all(items.slice(start, start + TOGETHER).map((item) => load(item, side)));
    const judged = loaded.filter((each) => each !== null);
    if (judged.length === 0) continue;
    const images = new Float32Array(judged.length * 3 * side * side);
    for (const [i, { image }] of judged.entries()) toPlanar(image, images, i * 3 * side * side);
    const { logits } = await session.run({ image: float32(images, [judged.length, 3, side, side]) });
    const { data, shape } = logits as Tensor;
    const classes = shape[1] as number;
    for (const [i, { label }] of judged.entries())
      if (rankOf(data as Float32Array, i * classes, classes, label) === 0) right++;
    count += judged.length;
  }
  await session.release();
  if (count === 0)
    throw new UserError(`none of the ${items.length} held-out pictures in ${folders.join(", ")} can be read`);
  return { top1: right / count, interval: wilson(right, count), count };
}

async function load(item: Item, side: number): Promise<{ image: Image; label: number } | null> {
  const label = classOf(item);
  if (label === null) return null;
  try {
    return { image: resize(evaluationCrop(await readItem(item)), side, side, "bilinear"), label };
  } catch {
    return null;
  }
}
