import { messageOf, UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { toPlanar } from "../images/planar.js";
import { randomAt, shuffled } from "../random.js";
import { classOf } from "./annotation.js";
import { type Item, readShrunk, titleOf } from "./item.js";
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

/** The images of a batch that one of several threads makes: those whose items fall to it. */
export interface BatchPart<Name extends string = string> extends Batch<Name> {
  /** Where they stand in the batch. */
  places: readonly number[];
}

/**
 * Which of how many threads. An item always falls to the same one, so that it is decoded and kept once; in the first epoch,
 * when nothing is kept yet, batches are divided evenly.
 */
export interface Share {
  readonly index: number;
  readonly of: number;
}

/** After so many broken images in a row the data, not the image, is taken to be at fault. */
const MAX_DRAWS = 20;

/**
 * Makes the batch of any step, or its share of it; it depends on the plan and the step alone. Decoded images are kept until
 * `cacheBytes` are full, so that later epochs need not decode them again.
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
  /** 1 for each item that falls to this maker. */
  private readonly mine: Uint8Array;

  constructor(plan: BatchPlan, sampler: Sampler, cacheBytes: number, share: Share = { index: 0, of: 1 }) {
    this.plan = plan;
    this.sampler = sampler;
    this.cacheBytes = cacheBytes;
    this.mine = new Uint8Array(plan.items.length);
    for (const [position, item] of this.orderOf(0).entries())
      this.mine[item] = Number(position % share.of === share.index);
  }

  /**
   * @throws UserError when 20 images drawn in a row are broken.
   */
  async make(step: number): Promise<BatchPart> {
    const { batch } = this.plan;
    const places = Array.from({ length: batch }, (_, i) => i).filter((i) => this.falls(step * batch + i));
    const sizes = sizesOf(this.sampler);
    const pictures = Object.fromEntries(sizes.map(([name, size]) => [name, new Float32Array(places.length * size)]));
    const labels = new BigInt64Array(places.length);
    for (const [i, place] of places.entries()) {
      const { images, label } = await this.sample(step * batch + place);
      for (const [name, size] of sizes) toPlanar(images[name] as Image, pictures[name] as Float32Array, i * size);
      labels[i] = BigInt(label ?? -1);
    }
    return { step, places, pictures, labels };
  }

  /** Whether the sample that is the `index`-th of the whole run, counted through all epochs, is of this maker's share. */
  private falls(index: number): boolean {
    const { epoch, position } = this.whereIs(index);
    return this.mine[this.orderOf(epoch)[position] as number] === 1;
  }

  private async sample(index: number) {
    const { epoch, position } = this.whereIs(index);
    const { image, label } = await this.draw(epoch, position);
    return { images: await this.sampler.sample(image, randomAt(this.plan.seed, epoch, position)), label };
  }

  private whereIs(index: number): { epoch: number; position: number } {
    const { length } = this.plan.items;
    return { epoch: Math.floor(index / length), position: index % length };
  }

  /** The image at a position of an epoch, or, if it is broken, one drawn at random in its place. */
  private async draw(epoch: number, position: number): Promise<{ image: Image; label: number | null }> {
    const { items, seed } = this.plan;
    let index = this.orderOf(epoch)[position] as number;
    for (let draws = 1; draws <= MAX_DRAWS; draws++) {
      const item = items[index] as Item;
      const image = await this.decode(item);
      if (image) return { image, label: classOf(item) };
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
      const image = await readShrunk(item, SHORTER_SIDE);
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

/** Values in a picture of each kind. */
const sizesOf = ({ sides }: Sampler) => Object.entries(sides).map(([name, side]) => [name, 3 * side * side] as const);

/** The whole batch from the parts that the threads made. */
export function joined(parts: readonly BatchPart[]): Batch {
  const batch = parts.reduce((sum, { places }) => sum + places.length, 0);
  const labels = new BigInt64Array(batch);
  const [{ step, pictures: kinds }] = parts as [BatchPart];
  const pictures: Record<string, Float32Array<ArrayBuffer>> = {};
  for (const name of Object.keys(kinds)) {
    const values = parts.reduce((sum, part) => sum + (part.pictures[name]?.length ?? 0), 0);
    const [whole, size] = [new Float32Array(values), values / batch];
    for (const part of parts)
      for (const [i, place] of part.places.entries())
        whole.set(part.pictures[name]?.subarray(i * size, (i + 1) * size) as Float32Array, place * size);
    pictures[name] = whole;
  }
  for (const part of parts) for (const [i, place] of part.places.entries()) labels[place] = part.labels[i] as bigint;
  return { step, pictures, labels };
}
