import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, UserError } from "../errors.js";
import type { Tensor } from "../onnx/tensor.js";
import { isThere, makeFolder, readTextIfThere, writeBytes } from "../platform/node/files.js";
import { sidecarPath } from "../platform/node/models.js";
import { readSafetensors, writeSafetensors } from "../platform/node/safetensors-files.js";
import { named } from "../settings.js";
import { legacyRecord } from "./legacy-run.js";
import { RunRecord } from "./run-record.js";

/** Parameters, moments and running statistics after `step` steps. */
export interface Checkpoint {
  readonly step: number;
  readonly state: Readonly<Record<string, Tensor>>;
}

/** A line of log.jsonl. */
export type LogLine = Readonly<Record<string, number>> & { readonly step: number };

/**
 * The folder of a training run: config.json, log.jsonl, checkpoint.safetensors and model.onnx, with model.json if the
 * processor has a sidecar, and for-recognizers.onnx if there is a transformer. Files are written atomically, so a run can be
 * killed at any time.
 */
export class RunFolder {
  private constructor(readonly path: string) {}

  /**
   * Opens the folder of a run, new or to be resumed.
   * @throws UserError when it holds a run and `resume` is false, when that run has another config, or when it cannot be
   * written.
   */
  static async open(path: string, record: RunRecord, resume: boolean): Promise<RunFolder> {
    const folder = new RunFolder(path);
    await makeFolder(path).catch((error) => {
      throw new UserError(`cannot create the folder ${path}: ${messageOf(error)}`);
    });
    const earlier = await RunFolder.recordIn(path);
    if (!earlier) await writeBytes(folder.file(CONFIG), [`${JSON.stringify(record, null, 2)}\n`]);
    else if (resume) requireSame(path, record, earlier);
    else
      throw new UserError(
        `${path} already holds a run: set ${named("resume")} to continue it, or choose another ${named("out")}`,
      );
    return folder;
  }

  /**
   * The record of the run in a folder; undefined if there is none.
   * @throws UserError when config.json is not that of a run.
   */
  static async recordIn(path: string): Promise<RunRecord | undefined> {
    const text = await readTextIfThere(join(path, CONFIG));
    if (text === undefined) return undefined;
    const record = parsed(text);
    if (record) return record;
    throw new UserError(
      `cannot use the run in ${path}: its ${CONFIG} is not that of a training run that this version can resume; ` +
        `a new run can start from its model with ${named("init")}`,
    );
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

  /** Writes the sidecar of the model. */
  writeSidecar(text: string): Promise<void> {
    return writeBytes(sidecarPath(this.modelPath), [text]);
  }

  async log(line: LogLine): Promise<void> {
    await writeFile(this.file("log.jsonl"), `${JSON.stringify(line)}\n`, { flag: "a" });
  }

  /** Removes the log entries of steps after a checkpoint, because these steps will be repeated. */
  async rewindLog(step: number): Promise<void> {
    const text = (await readTextIfThere(this.file("log.jsonl"), LARGEST_LOG)) ?? "";
    const lines = text.split("\n").filter((line) => line.endsWith("}") && JSON.parse(line).step <= step);
    await writeBytes(
      this.file("log.jsonl"),
      lines.map((line) => `${line}\n`),
    );
  }
}

const CONFIG = "config.json";
/** The most bytes of log.jsonl: V8 holds no longer text. */
const LARGEST_LOG = 2 ** 29 - 24;

function parsed(text: string): RunRecord | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return RunRecord.safeParse(json).data ?? legacyRecord(json);
  } catch {
    return undefined;
  }
}

/** @throws UserError that names the first difference between two runs. */
function requireSame(path: string, now: RunRecord, then: RunRecord): void {
  const fail = (reason: string) => new UserError(`cannot resume ${path}: ${reason}`);
  if (now.kind !== then.kind) throw fail(`it is the training of a ${then.kind}, not of a ${now.kind}`);
  const config: Record<string, unknown> = JSON.parse(JSON.stringify(now.config));
  const comparable = Object.entries(config).filter(([key]) => !then.partial || key in then.config);
  const difference = firstDifference(Object.fromEntries(comparable), then.config);
  if (!difference) return;
  const { keys, left, right } = difference;
  if (keys.at(-1) === "sha256")
    throw fail(`the contents of ${named(keys[0] ?? "")} have changed since it was started (${keys.join(".")})`);
  if (keys.at(-1) === "count")
    throw fail(`it was started with ${right} images of ${named(keys[0] ?? "")}, but there are ${left} now`);
  const key = keys.findLast((each) => !/^\d+$/.test(each)) ?? "";
  const place = keys.length > 1 ? ` (${keys.join(".")})` : "";
  throw fail(`it was started with ${named(key)} ${JSON.stringify(right)}, not ${JSON.stringify(left)}${place}`);
}

interface Difference {
  readonly keys: readonly string[];
  readonly left: unknown;
  readonly right: unknown;
}

function firstDifference(left: unknown, right: unknown, keys: readonly string[] = []): Difference | undefined {
  if (!isFields(left) || !isFields(right))
    return JSON.stringify(left) === JSON.stringify(right) ? undefined : { keys, left, right };
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const found = firstDifference(left[key], right[key], [...keys, key]);
    if (found) return found;
  }
  return undefined;
}

/** Whether a value is compared field by field: objects and lists of objects. Lists of numbers or texts are one value. */
const isFields = (value: unknown): value is Record<string, unknown> =>
  Array.isArray(value) ? isFields(value[0]) : typeof value === "object" && value !== null;
