import { z } from "zod";
import { sha256OfItem, titleOf } from "../data/item.js";
import { type JobStore, keyOf } from "../jobs/job.js";
import { sha256OfGraph } from "../platform/node/models.js";
import type { Instruments } from "./measure.js";
import { MeasuredImage } from "./measured-image.js";
import { type ItemBatch, SEED } from "./samples.js";

/** Part of every key. To be raised when the same settings give other results. */
const VERSION = 3;
const Remark = z.object({ file: z.string(), reason: z.string() });

/** What is measured of a batch. */
export const BatchResult = z.object({
  images: z.array(MeasuredImage),
  skipped: z.array(Remark),
  /** Absent in the records of earlier versions. */
  flawed: z.array(Remark).exactOptional(),
});
export type BatchResult = z.output<typeof BatchResult>;

/**
 * The results of batches in a job store. A result is valid for the same content of images, processors and judges, the
 * same task, protocol and seed; a task that is not Legible's own counts as the same by its name and options.
 */
export class BatchRecords {
  private constructor(
    private readonly store: JobStore,
    private readonly setting: string,
  ) {}

  static open(
    store: JobStore,
    { task, protocol, processors, control, judges, handlings, estimates }: Omit<Instruments, "workers" | "batch">,
  ) {
    const setting = keyOf({
      version: VERSION,
      task: { name: task.name, options: task.options, scale: task.scale },
      ...{ protocol, seed: SEED, judges: judges.map(({ key }) => key) },
      processors: processors.map(({ graph, format }) => ({ graph: sha256OfGraph(graph), format })),
      ...(estimates && { estimates }),
      ...(handlings.length > 0 && { after: handlings.map(({ name }) => name) }),
      ...(control && { control: control.key, perturbed: processors.map(({ name }) => name) }),
    });
    return new BatchRecords(store, setting);
  }

  /** The key of a batch. Reads its images' files. */
  async keyOf({ items, first }: ItemBatch): Promise<string> {
    const images = items.map(async (item) => ({
      file: titleOf(item),
      annotation: item.annotation,
      ...(item.annotation.kind === "label-map" && { labelMap: await sha256OfItem(item.annotation) }),
      sha256: await sha256OfItem(item),
    }));
    return keyOf({ setting: this.setting, first, images: await Promise.all(images) });
  }

  /** The stored result; undefined where none is valid. */
  async get(key: string): Promise<BatchResult | undefined> {
    const record = await this.store.get(nameOf(key));
    return record?.key === key ? BatchResult.safeDecode(record.result as z.input<typeof BatchResult>).data : undefined;
  }

  async put(key: string, result: BatchResult): Promise<void> {
    await this.store.put({ name: nameOf(key), key, outputs: [], result: BatchResult.encode(result) });
  }
}

const nameOf = (key: string): string => `evaluation batch ${key}`;
