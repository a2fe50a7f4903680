import { degradedFile } from "../data/degrade.js";
import type { Task } from "../data/task.js";
import { processorDigest } from "../gate/gate.js";
import type { Processor } from "../processors/processor.js";
import { randomAt } from "../random.js";
import { type EnhanceFileOptions, enhance } from "./enhance.js";
import { type BatchOptions, type BatchSummary, runImageJobs } from "./image-jobs.js";
import type { FilePlan } from "./plan.js";
import { formatOf } from "./raster-codec.js";

/** Part of every key. To be raised when the same settings give other pixels or are encoded otherwise. */
const VERSIONS = { enhance: 3, degrade: 2 };

/** Options of `enhanceFiles`. */
export interface EnhanceFilesOptions
  extends BatchOptions,
    Pick<EnhanceFileOptions, "tile" | "gate" | "quality" | "color" | "metadata"> {}

/**
 * Enhances image files. Results end in the order of the plan; up to four small images are worked on at the same time. With a
 * store, if interrupted, the same call resumes; an output is computed again when its input, the model, a setting or the output
 * itself has changed.
 * @example
 * const plan = await planFiles(["holidays"], "enhanced");
 * const store = await openOutputStore(plan);
 * const { written, failed } = await enhanceFiles(processor, plan, { store }).finally(() => store?.close());
 * @throws the signal's reason when it aborts.
 */
export function enhanceFiles(
  processor: Processor,
  plan: FilePlan,
  { tile, gate, quality, color, metadata, ...options }: EnhanceFilesOptions = {},
): Promise<BatchSummary> {
  const settings = {
    work: "enhance",
    version: VERSIONS.enhance,
    model: processorDigest(processor),
    format: processor.format,
    tile: tile ?? null,
    gate: gate && { score: gate.score, threshold: gate.threshold },
    ...{ quality: quality ?? 95, color: color ?? "keep", metadata: metadata ?? "keep" },
  };
  return runImageJobs(
    plan,
    {
      settingsOf: () => settings,
      async run({ input, output, content: file }, _, context) {
        const given = { tile, gate, quality, color, metadata, ...context };
        const options = { ...given, name: input, format: formatOf(output) };
        const { data, format: __, ...result } = await enhance(processor, file, options);
        return { content: data, result };
      },
    },
    options,
  );
}

/** Options of `degradeFiles`. */
export interface DegradeFilesOptions extends BatchOptions {
  /** Default: 0. */
  readonly seed?: number;
}

/**
 * Degrades image files for a task. The random numbers of an image follow from the seed and its index in
 * the plan. Resumes as `enhanceFiles` does.
 * @throws the signal's reason when it aborts.
 */
export function degradeFiles(
  task: Task,
  plan: FilePlan,
  { seed = 0, ...options }: DegradeFilesOptions = {},
): Promise<BatchSummary> {
  const settings = { work: "degrade", version: VERSIONS.degrade, task: task.name, options: task.options, seed };
  return runImageJobs(
    plan,
    {
      settingsOf: (index) => ({ ...settings, index }),
      run: (image, index) => degradedFile(task, image, image.output, randomAt(seed, index)),
    },
    options,
  );
}
