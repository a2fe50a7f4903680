import { formatOf } from "../enhancement/raster-codec.js";
import { type JobRecord, type JobStore, sha256Of } from "../jobs/job.js";
import { openStorage } from "../storage/open-storage.js";
import { Sources } from "../storage/sources.js";
import type { Storage } from "../storage/storage.js";
import { EnhancerPool } from "./enhancer-pool.js";
import { ImageSettings, modelFile } from "./image-settings.js";
import type { Run } from "./run.js";

/** An image of a run, as its job names it. */
export interface ImageJob {
  readonly input: string;
  readonly output: string;
  /** Whether an earlier try may have written the output. */
  readonly begun: boolean;
  /** Notes that this try may write the output; kept with the job. */
  begin(): Promise<void>;
}

/** How an image ended. `kept` was complete before; of `exists`, a file of others is in the place of the output. */
export interface ImageEnd {
  readonly status: "done" | "kept" | "exists" | "skipped";
  readonly width?: number;
  readonly height?: number;
  readonly seconds?: number;
}

/** The open model and storage of a run of images. */
export class ImageWork {
  private constructor(
    private readonly settings: ImageSettings,
    private readonly sources: Sources,
    private readonly storage: Storage,
    private readonly pool: EnhancerPool,
  ) {}

  /** @throws UserError when the model or the storage of the outputs cannot be used on this machine. */
  static async open(run: Run, concurrency: number): Promise<ImageWork> {
    const settings = ImageSettings.parse(run.settings);
    const model = await modelFile(settings.model);
    const { endpoint } = settings;
    const [sources, storage] = [new Sources([], { endpoint }), await openStorage(settings.out, { endpoint })];
    return new ImageWork(settings, sources, storage, new EnhancerPool(model, concurrency));
  }

  /**
   * Enhances an image unless its record shows that this is done. The output appears whole, and a job that runs twice leaves one.
   * @throws UserError when the image cannot be used, PassingError when another try may succeed; the signal's reason when it aborts.
   */
  async enhance(job: ImageJob, records: JobStore, signal: AbortSignal): Promise<ImageEnd> {
    const { output } = job;
    const record = await records.get(output);
    const isThere = (await this.storage.size(output)) !== undefined;
    if (record && isThere) return { status: "kept" };
    if (isThere && !job.begun && this.settings.overwrite === "skip") {
      const end = { status: "exists" } as const;
      await records.put({ name: output, key: "", outputs: [], result: { input: job.input, ...end } });
      return end;
    }
    const start = performance.now();
    const content = await this.sources.read(job.input);
    const { data, ...image } = await this.enhanced(job, content, signal);
    signal.throwIfAborted();
    await job.begin();
    await this.storage.write(output, data);
    const { format: _, ...result } = image;
    const end = {
      status: result.skipped === undefined ? "done" : "skipped",
      ...result,
      seconds: secondsSince(start),
    } as const;
    await records.put(this.recordOf(job, content, data, end));
    return end;
  }

  private enhanced({ input, output }: ImageJob, content: Buffer, signal: AbortSignal) {
    const { tile, quality, color, metadata, gate } = this.settings;
    const options = { tile, quality, color, metadata, gate, signal, name: input, format: formatOf(output) };
    return this.pool.use((enhancer) => enhancer.enhance(content, options));
  }

  private recordOf({ input, output }: ImageJob, content: Uint8Array, data: Uint8Array, end: ImageEnd): JobRecord {
    const outputs = [{ path: `${this.storage.location}/${output}`, sha256: sha256Of(data) }];
    return { name: output, key: sha256Of(content), outputs, result: { input, ...end } };
  }

  async close(): Promise<void> {
    await this.pool.close();
    await this.sources.close();
    await this.storage.close();
  }
}

const secondsSince = (start: number): number => Math.round(performance.now() - start) / 1000;
