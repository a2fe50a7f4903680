import { messageOf, UserError } from "../errors.js";
import type { Size } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { toPlanar } from "../images/planar.js";
import { printable } from "../printable.js";
import { randomAt } from "../random.js";
import { type Annotation, type Box, classOf } from "./annotation.js";
import { Epochs } from "./epochs.js";
import { type Item, readShrunk, sizeOfItem, titleOf } from "./item.js";
import { readLabelMap } from "./label-map.js";
import type { Sampler } from "./restoration-sampler.js";
import { SHORTER_SIDE } from "./samples.js";
import { boxesInView, type LabelMap, labelMapInView, viewOfSize } from "./view.js";

/** Determines every batch of a run, together with the step. */
export interface BatchPlan {
  items: readonly Item[];
  /** Batch size. */
  batch: number;
  seed: number;
}

/** The images of one training step with their annotations. */
export interface Batch<Name extends string = string> {
  step: number;
  /** RGB images in [0, 1] by role, such as `clean`: [batch, 3, side, side]. */
  images: Record<Name, Float32Array<ArrayBuffer>>;
  /** [batch]; -1 for an image without a class. */
  labels: BigInt64Array<ArrayBuffer>;
  /** [batch]: the boxes of each `clean` image, or `image`, in its pixels. Objects of which less than 1/4 is visible are absent. */
  boxes: readonly (readonly Box[])[];
  /** [batch, side, side]: the class of each pixel of these images, 255 where it is not known; absent without label maps. */
  labelMaps?: Uint8Array<ArrayBuffer>;
}

/** Images that a training left out, or decoded in spite of a flaw. The keys are the images' titles. */
export interface ImageRemarks {
  /** Images that cannot be read, with the reason. Each was replaced by another random image. */
  readonly broken: ReadonlyMap<string, string>;
  /** Images that were decoded although their file is flawed, with the flaw: no end marker, damaged data. */
  readonly flawed: ReadonlyMap<string, string>;
}

/** The part of a batch that one of several threads makes, with remarks on the images of that part. */
export interface BatchPart<Name extends string = string> extends Batch<Name>, ImageRemarks {
  /** Indices of the images in the batch. */
  indices: readonly number[];
}

/**
 * The shard of the items that a thread decodes. Each item belongs to one shard for the whole run, so that it is decoded and
 * cached only once. In the first epoch, when the cache is empty, batches are divided evenly.
 */
export interface Shard {
  readonly index: number;
  /** Number of shards. */
  readonly count: number;
}

/** Broken images in a row after which the run fails, because the data and not single images are at fault. */
const MAX_DRAWS = 20;

/**
 * Makes the batch of any step, or the shard's part of it. The result depends only on the plan and the step. Decoded images
 * are cached in up to `cacheBytes` bytes for later epochs.
 */
export class BatchMaker {
  private readonly broken = new Map<string, string>();
  private readonly flawed = new Map<string, string>();
  private readonly cache = new Map<string, Decoded>();
  private bytesCached = 0;
  private readonly epochs: Epochs;
  private readonly plan: BatchPlan;
  private readonly sampler: Sampler;
  private readonly cacheBytes: number;
  /** 1 for each item of this maker's shard. */
  private readonly owned: Uint8Array;
  private readonly hasMaps: boolean;

  constructor(plan: BatchPlan, sampler: Sampler, cacheBytes: number, shard: Shard = { index: 0, count: 1 }) {
    this.plan = plan;
    this.sampler = sampler;
    this.cacheBytes = cacheBytes;
    this.epochs = new Epochs(plan.items.length, plan.seed);
    this.owned = new Uint8Array(plan.items.length);
    this.hasMaps = plan.items.some(({ annotation }) => annotation.kind === "label-map");
    for (const [position, item] of this.epochs.orderOf(0).entries())
      this.owned[item] = Number(position % shard.count === shard.index);
  }

  /**
   * The part of step `step`'s batch that belongs to this maker's shard.
   * @throws UserError when 20 images in a row cannot be read.
   */
  async make(step: number): Promise<BatchPart> {
    const { batch } = this.plan;
    const indices = Array.from({ length: batch }, (_, i) => i).filter((i) => this.owns(step * batch + i));
    const sizes = sizesOf(this.sampler);
    const images = Object.fromEntries(sizes.map(([name, size]) => [name, new Float32Array(indices.length * size)]));
    const labels = new BigInt64Array(indices.length);
    const remarks = { broken: new Map<string, string>(), flawed: new Map<string, string>() };
    const boxes: Box[][] = [];
    const maps: Uint8Array[] = [];
    for (const [i, index] of indices.entries()) {
      const sample = await this.sample(step * batch + index, remarks);
      for (const [name, size] of sizes) toPlanar(sample.images[name] as Image, images[name] as Float32Array, i * size);
      labels[i] = BigInt(sample.label ?? -1);
      boxes.push(sample.boxes);
      if (sample.labelMap) maps.push(sample.labelMap.data);
    }
    return { step, indices, images, labels, boxes, ...(this.hasMaps && { labelMaps: concatenated(maps) }), ...remarks };
  }

  /** Whether the run's `index`-th sample, counted over all epochs, belongs to this maker's shard. */
  private owns(index: number): boolean {
    const { epoch, position } = this.epochs.locate(index);
    return this.owned[this.epochs.orderOf(epoch)[position] as number] === 1;
  }

  private async sample(index: number, remarks: Remarks) {
    const { epoch, position } = this.epochs.locate(index);
    const { decoded, annotation } = await this.readOrReplace(epoch, position, remarks);
    const { image, original, labelMap } = decoded;
    const { images, view } = await this.sampler.sample(image, randomAt(this.plan.seed, epoch, position));
    const inView = { ...(labelMap && { labelMap: labelMapInView(labelMap, viewOfSize(view, image, labelMap)) }) };
    const boxes =
      annotation.kind === "boxes" && original ? boxesInView(annotation.boxes, viewOfSize(view, image, original)) : [];
    return { images, label: classOf({ annotation }), boxes, ...inView };
  }

  /** The image at a position of an epoch, or a random replacement if it cannot be read. */
  private async readOrReplace(
    epoch: number,
    position: number,
    remarks: Remarks,
  ): Promise<{ decoded: Decoded; annotation: Annotation }> {
    const { items, seed } = this.plan;
    let index = this.epochs.orderOf(epoch)[position] as number;
    for (let draws = 1; draws <= MAX_DRAWS; draws++) {
      const item = items[index] as Item;
      const decoded = await this.decode(item);
      copyEntry(this.broken, remarks.broken, titleOf(item));
      copyEntry(this.flawed, remarks.flawed, titleOf(item));
      if (decoded) return { decoded, annotation: item.annotation };
      index = randomAt(seed, epoch, position, draws).integer(items.length);
    }
    const [title = "", reason = ""] = [...this.broken][0] ?? [];
    const first = reason.includes(title) ? reason : `${title}: ${reason}`;
    throw new UserError(
      `cannot load images: ${MAX_DRAWS} in a row cannot be read, ${this.broken.size} in total (first: ${first}); ` +
        "check the folders in `data`",
    );
  }

  /** The image with its shorter side reduced to `SHORTER_SIDE`; undefined when it, or its label map, cannot be read. */
  private async decode(item: Item): Promise<Decoded | undefined> {
    const title = titleOf(item);
    const cached = this.cache.get(title);
    if (cached || this.broken.has(title)) return cached;
    try {
      const image = await readShrunk(item, SHORTER_SIDE, { onFlaw: (flaw) => this.flawed.set(title, flaw) });
      const { annotation } = item;
      const decoded: Decoded = {
        image,
        ...(annotation.kind === "boxes" && { original: await sizeOfItem(item) }),
        ...(annotation.kind === "label-map" && { labelMap: await readLabelMap(annotation.path) }),
      };
      const bytes = image.data.length + (decoded.labelMap?.data.length ?? 0);
      if (this.bytesCached + bytes <= this.cacheBytes) {
        this.cache.set(title, decoded);
        this.bytesCached += bytes;
      }
      return decoded;
    } catch (error) {
      this.broken.set(title, printable(messageOf(error)));
      return undefined;
    }
  }
}

/** An image that was read, with what its annotation needs. */
interface Decoded {
  readonly image: Image;
  /** The size of the file's image, if boxes are given in its pixels. */
  readonly original?: Size;
  readonly labelMap?: LabelMap;
}

function concatenated(maps: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joint = new Uint8Array(maps.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const map of maps) {
    joint.set(map, at);
    at += map.length;
  }
  return joint;
}

type Remarks = Record<keyof ImageRemarks, Map<string, string>>;

function copyEntry(from: ReadonlyMap<string, string>, to: Map<string, string>, key: string): void {
  const value = from.get(key);
  if (value !== undefined) to.set(key, value);
}

/** Number of values of an image of each role. */
const sizesOf = ({ sides }: Sampler) => Object.entries(sides).map(([name, side]) => [name, 3 * side * side] as const);

/** Joins the parts of a batch that the threads made. */
export function joined(parts: readonly BatchPart[]): Batch {
  const batch = parts.reduce((sum, { indices }) => sum + indices.length, 0);
  const labels = new BigInt64Array(batch);
  const boxes: (readonly Box[])[] = Array.from({ length: batch }, () => []);
  for (const part of parts)
    for (const [i, index] of part.indices.entries()) {
      labels[index] = part.labels[i] as bigint;
      boxes[index] = part.boxes[i] as readonly Box[];
    }
  const [{ step, images: roles, labelMaps }] = parts as [BatchPart];
  const images: Record<string, Float32Array<ArrayBuffer>> = {};
  for (const name of Object.keys(roles))
    images[name] = interleaved(parts, batch, (part) => part.images[name] as Float32Array<ArrayBuffer>, Float32Array);
  const maps = labelMaps && interleaved(parts, batch, (part) => part.labelMaps as Uint8Array<ArrayBuffer>, Uint8Array);
  return { step, images, labels, boxes, ...(maps && { labelMaps: maps }) };
}

type Values = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** The values of all parts of a batch, each sample's at its index. */
function interleaved<V extends Values>(
  parts: readonly BatchPart[],
  batch: number,
  valuesOf: (part: BatchPart) => V,
  Type: new (length: number) => V,
): V {
  const count = parts.reduce((sum, part) => sum + valuesOf(part).length, 0);
  const [joint, size] = [new Type(count), count / batch];
  for (const part of parts)
    for (const [i, index] of part.indices.entries())
      joint.set(valuesOf(part).subarray(i * size, (i + 1) * size), index * size);
  return joint;
}
