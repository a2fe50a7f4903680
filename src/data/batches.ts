import { messageOf, UserError } from "../errors.js";
import { shrinkShorterSide } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { toPlanar } from "../images/planar.js";
import { type Item, readItem, titleOf } from "./item.js";
import { randomAt, shuffled } from "./random.js";
import { SHORTER_SIDE, trainingSample } from "./samples.js";
import type { Task } from "./task.js";

/** What every batch of a run follows from, together with its step. */
export interface BatchPlan {
  items: readonly Item[];
  /** Images in a batch. */
  batch: number;
  /** Side of the clean images in pixels; a multiple of the task's scale. */
  crop: number;
  seed: number;
}

/** The images of one training step, RGB in [0, 1], and their classes. */
export interface Batch {
  step: number;
  /** [batch, 3, crop / scale, crop / scale] */
  degraded: Float32Array<ArrayBuffer>;
  /** [batch, 3, crop, crop] */
  clean: Float32Array<ArrayBuffer>;
  /** [batch]; -1 for an image without a class. */
  labels: BigInt64Array<ArrayBuffer>;
}

/** After so many broken images in a row the data, not the image, is taken to be at fault. */
const MAX_DRAWS = 20;

/**
 * Makes the batch of any step; it depends on the plan and the step alone. Decoded images are kept until `cacheBytes` are
 * full, so that later epochs need not decode them again.
 */
export class BatchMaker {
  /** Images that cannot be read, with the reason; others are drawn in their place. */
  readonly broken = new Map<string, string>();
  private readonly cache = new Map<string, Image>();
  private cached = 0;
  private order: { epoch: number; items: Uint32Array } = { epoch: -1, items: new Uint32Array() };
  private readonly plan: BatchPlan;
  private readonly task: Task;
  private readonly cacheBytes: number;

  constructor(plan: BatchPlan, task: Task, cacheBytes: number) {
    this.plan = plan;
    this.task = task;
    this.cacheBytes = cacheBytes;
  }

  /**
   * @throws UserError when 20 images drawn in a row are broken.
   */
  async make(step: number): Promise<Batch> {
    const { batch, crop } = this.plan;
    const pixels = 3 * crop * crop;
    const degradedPixels = pixels / this.task.scale ** 2;
    const clean = new Float32Array(batch * pixels);
    const degraded = new Float32Array(batch * degradedPixels);
    const labels = new BigInt64Array(batch);
    for (let i = 0; i < batch; i++) {
      const sample = await this.sample(step * batch + i);
      toPlanar(sample.clean, clean, i * pixels);
      toPlanar(sample.degraded, degraded, i * degradedPixels);
      labels[i] = BigInt(sample.label ?? -1);
    }
    return { step, degraded, clean, labels };
  }

  /** The sample that is the `index`-th of the whole run, counted through all epochs. */
  private async sample(index: number) {
    const { items, seed, crop } = this.plan;
    const epoch = Math.floor(index / items.length);
    const position = index % items.length;
    const { image, label } = await this.draw(epoch, position);
    return { ...(await trainingSample(image, this.task, { crop }, randomAt(seed, epoch, position))), label };
  }

  /** The image at a position of an epoch, or, if it is broken, one drawn at random in its place. */
  private async draw(epoch: number, position: number): Promise<{ image: Image; label: number | null }> {
    const { items, seed } = this.plan;
    let index = this.orderOf(epoch)[position] as number;
    for (let draws = 1; draws <= MAX_DRAWS; draws++) {
      const item = items[index] as Item;
      const image = await this.decode(item);
      if (image) return { image, label: item.label };
      index = randomAt(seed, epoch, position, draws).integer(items.length);
    }
    const [title, reason] = [...this.broken][0] ?? [];
    throw new UserError(
      `cannot go on with the images: ${MAX_DRAWS} drawn in a row are broken, ${this.broken.size} in all (${title}: ${reason}); ` +
        "check the folders given as data",
    );
  }

  private orderOf(epoch: number): Uint32Array {
    if (this.order.epoch !== epoch)
      this.order = { epoch, items: shuffled(this.plan.items.length, this.plan.seed, epoch) };
    return this.order.items;
  }

  /** The image with its shorter side reduced to 256; undefined when it is broken. */
  private async decode(item: Item): Promise<Image | undefined> {
    const title = titleOf(item);
    const known = this.cache.get(title);
    if (known || this.broken.has(title)) return known;
    try {
      const image = shrinkShorterSide(await readItem(item), SHORTER_SIDE);
      if (this.cached + image.data.length <= this.cacheBytes) {
        this.cache.set(title, image);
        this.cached += image.data.length;
      }
      return image;
    } catch (error) {
      this.broken.set(title, messageOf(error).split("\n", 1)[0] ?? "");
      return undefined;
    }
  }
}
