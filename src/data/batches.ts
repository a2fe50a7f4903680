import { messageOf, UserError } from "../errors.js";
import { shrinkShorterSide } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { toPlanar } from "../images/planar.js";
import { type Item, readItem, titleOf } from "./item.js";
import { randomAt, shuffled } from "./random.js";
import type { Sampler } from "./sampler.js";
import { SHORTER_SIDE } from "./samples.js";

/** What every batch of a run follows from, together with its step. */
export interface BatchPlan {
  items: readonly Item[];
  /** Images in a batch. */
  batch: number;
  seed: number;
}

/** The images of one training step and their classes. */
export interface Batch<Name extends string = string> {
  step: number;
  /** RGB in [0, 1], by what they are: [batch, 3, side, side]. */
  pictures: Record<Name, Float32Array<ArrayBuffer>>;
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
  private readonly sampler: Sampler;
  private readonly cacheBytes: number;

  constructor(plan: BatchPlan, sampler: Sampler, cacheBytes: number) {
    this.plan = plan;
    this.sampler = sampler;
    this.cacheBytes = cacheBytes;
  }

  /**
   * @throws UserError when 20 images drawn in a row are broken.
   */
  async make(step: number): Promise<Batch> {
    const { batch } = this.plan;
    const sizes = Object.entries(this.sampler.sides).map(([name, side]) => [name, 3 * side * side] as const);
    const pictures = Object.fromEntries(sizes.map(([name, size]) => [name, new Float32Array(batch * size)]));
    const labels = new BigInt64Array(batch);
    for (let i = 0; i < batch; i++) {
      const { images, label } = await this.sample(step * batch + i);
      for (const [name, size] of sizes) toPlanar(images[name] as Image, pictures[name] as Float32Array, i * size);
      labels[i] = BigInt(label ?? -1);
    }
    return { step, pictures, labels };
  }

  /** The sample that is the `index`-th of the whole run, counted through all epochs. */
  private async sample(index: number) {
    const { items, seed } = this.plan;
    const epoch = Math.floor(index / items.length);
    const position = index % items.length;
    const { image, label } = await this.draw(epoch, position);
    return { images: await this.sampler.sample(image, randomAt(seed, epoch, position)), label };
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
