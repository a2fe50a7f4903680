import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parts } from "../data/sources/source.js";
import { messageOf, UserError } from "../errors.js";
import { distanceNames } from "../objectives/distances.js";
import { imageLosses } from "../objectives/image-loss.js";
import type { Tensor } from "../onnx/tensor.js";
import { isThere, makeFolder, writeBytes } from "../platform/node/files.js";
import { sidecarPath } from "../platform/node/models.js";
import { readSafetensors, writeSafetensors } from "../platform/node/safetensors-files.js";
import { DEFAULT_TRANSFORMER } from "./transformer.js";

/** A recognizer and the factor of its loss. */
const WeightedFile = z.object({ file: z.string(), weight: z.number().positive() });

/** What is taken of the data. */
export const DataSelection = z
  .object({
    part: z.enum(parts),
    classes: z.string().optional(),
    split: z.object({ train: z.number(), seed: z.number() }).optional(),
  })
  .default({ part: "train" });

/** Everything that decides what a run computes. What came later has a default, so that older runs can be resumed. */
export const TrainingConfig = z.object({
  task: z.string(),
  options: z.record(z.string(), z.unknown()),
  objective: z.string(),
  lambda: z.number(),
  /** Steps over which λ rises from 0. */
  lambdaWarmup: z.number().int().nonnegative().default(0),
  imageLoss: z.enum(imageLosses).default("mse"),
  /** One file or none, or several with weights. */
  recognizer: z.union([
    z.array(WeightedFile),
    z.nullable(z.string()).transform((file) => (file === null ? [] : [{ file, weight: 1 }])),
  ]),
  /** How R's outputs are compared; null: the default. */
  distance: z.enum(distanceNames).nullable().default(null),
  /** Names of values inside R that are compared; none: the default. */
  features: z.array(z.string()).default([]),
  /** How much the distance of those values counts beside the loss of R's output. */
  featureWeight: z.number().nonnegative().default(0),
  /** The network that stands between P and R. */
  transformer: z.string().default(DEFAULT_TRANSFORMER),
  /** A network's name or an ONNX file. */
  processor: z.string(),
  /** An ONNX file whose weights the network begins with. */
  init: z.string().nullable(),
  /** Patterns of the names of weights that are kept as they are. */
  freeze: z.array(z.string()).default([]),
  data: z.array(z.string()),
  selection: DataSelection,
  steps: z.number().int().positive(),
  batch: z.number().int().positive(),
  crop: z.number().int().positive(),
  lr: z.number().positive(),
  /** Steps from which the learning rate is a tenth of what it was before; none: it falls along a cosine. */
  lrDrops: z.array(z.number().int().positive()).default([]),
  seed: z.number().int(),
  /** Rewrites of the graph to faster forms; they round differently. "all", "none", or names with commas between them. */
  passes: z.string().default("all"),
});
export type TrainingConfig = z.input<typeof TrainingConfig>;
/** With every default filled in. */
export type SettledConfig = z.output<typeof TrainingConfig>;

/** Parameters, moments and running statistics after `step` steps. */
export interface Checkpoint {
  readonly step: number;
  readonly state: Readonly<Record<string, Tensor>>;
}

/** A line of log.jsonl. */
export type LogLine = Readonly<Record<string, number>> & { readonly step: number };

/**
 * The folder of a training run: config.json, log.jsonl, checkpoint.safetensors and model.onnx, with model.json where the
 * processor came with such a file, and for-recognizers.onnx where there is a transformer.
 * Each is written whole or not at all, so that a run may be killed at any moment.
 */
export class RunFolder {
  private constructor(
    readonly path: string,
    private readonly schema: z.ZodObject,
  ) {}

  /**
   * Opens the folder for a run, new or to be resumed.
   * @param schema what the configurations of such runs are like. Default: a processor's.
   * @throws UserError when it holds a run already and `resume` is false, when that run had another configuration, or
   * when it cannot be written.
   */
  static async open(
    path: string,
    config: object,
    resume: boolean,
    schema: z.ZodObject = TrainingConfig,
  ): Promise<RunFolder> {
    const folder = new RunFolder(path, schema);
    const settled = schema.parse(config);
    await makeFolder(path).catch((error) => {
      throw new UserError(`cannot make the folder ${path}: ${messageOf(error)}`);
    });
    const earlier = await readFile(folder.file("config.json"), "utf8").catch(() => null);
    if (earlier === null) await writeBytes(folder.file("config.json"), [`${JSON.stringify(settled, null, 2)}\n`]);
    else if (resume) folder.checkSame(settled, earlier);
    else throw new UserError(`${path} already holds a run: --resume continues it, another --out starts afresh`);
    return folder;
  }

  /**
   * What decides what the run in a folder computes.
   * @throws UserError when there is no run.
   */
  static async configOf(path: string): Promise<SettledConfig> {
    const text = await readFile(join(path, "config.json"), "utf8").catch(() => {
      throw new UserError(`${path} holds no training run: there is no config.json in it`);
    });
    return parseConfig(TrainingConfig, text, `cannot use ${path}`);
  }

  private file(name: string): string {
    return join(this.path, name);
  }

  get modelPath(): string {
    return this.file("model.onnx");
  }

  /** T(P(x)). */
  get forRecognizersPath(): string {
    return this.file("for-recognizers.onnx");
  }

  private checkSame(config: Readonly<Record<string, unknown>>, text: string): void {
    const earlier = parseConfig(this.schema, text, `cannot resume ${this.path}`);
    for (const [key, value] of Object.entries(config)) {
      const [now, then] = [JSON.stringify(value), JSON.stringify(earlier[key])];
      if (now !== then)
        throw new UserError(`cannot resume ${this.path}: it was started with ${key} ${then}, not ${now}`);
    }
  }

  /** The latest checkpoint, or null before the first. @throws UserError when it is damaged. */
  async readCheckpoint(): Promise<Checkpoint | null> {
    const path = this.file("checkpoint.safetensors");
    if (!(await isThere(path))) return null;
    const { tensors, metadata } = await readSafetensors(path);
    return { step: Number(metadata.step), state: tensors };
  }

  writeCheckpoint({ step, state }: Checkpoint): Promise<void> {
    return writeSafetensors(this.file("checkpoint.safetensors"), { tensors: state, metadata: { step: String(step) } });
  }

  /** Writes the JSON that says how the model takes and gives pictures. */
  writeSidecar(text: string): Promise<void> {
    return writeBytes(sidecarPath(this.modelPath), [text]);
  }

  async log(line: LogLine): Promise<void> {
    await writeFile(this.file("log.jsonl"), `${JSON.stringify(line)}\n`, { flag: "a" });
  }

  /** Drops what the log says of steps after a checkpoint: they are about to be done again. */
  async rewindLog(step: number): Promise<void> {
    const text = await readFile(this.file("log.jsonl"), "utf8").catch(() => "");
    const lines = text.split("\n").filter((line) => line.endsWith("}") && JSON.parse(line).step <= step);
    await writeBytes(
      this.file("log.jsonl"),
      lines.map((line) => `${line}\n`),
    );
  }
}

function parseConfig<Schema extends z.ZodObject>(schema: Schema, text: string, failure: string): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new UserError(`${failure}: its config.json is not that of such a training run`);
  }
}
