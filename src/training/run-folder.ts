import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { ImageRemarks } from "../data/batches.js";
import { messageOf, UserError } from "../errors.js";
import type { Tensor } from "../onnx/tensor.js";
import { isThere, makeFolder, readTextIfThere, writeBytes } from "../platform/node/files.js";
import { acquireLock, type Lock } from "../platform/node/lock.js";
import { sidecarPath } from "../platform/node/models.js";
import { requireWritableFolder } from "../platform/node/outputs.js";
import { readSafetensors, writeSafetensors } from "../platform/node/safetensors-files.js";
import { named } from "../settings.js";
import { legacyRecord } from "./legacy-run.js";
import { type LogSums, sumsFrom } from "./meter.js";
import { resumedRecord, settingsOf } from "./resumption.js";
import { RunRecord } from "./run-record.js";

/** Parameters, moments and running statistics after `step` steps. */
export interface Checkpoint {
  readonly step: number;
  readonly state: Readonly<Record<string, Tensor>>;
  /** The sums of the log entry in progress. Absent in runs of earlier versions. */
  readonly sums?: LogSums | undefined;
  /** Remarks on the images of the steps so far. */
  readonly remarks?: ImageRemarks | undefined;
}

/** A line of log.jsonl. */
export type LogLine = Readonly<Record<string, number>> & { readonly step: number };

/**
 * The folder of a training run: config.json, log.jsonl, checkpoint.safetensors and model.onnx, with model.json if the
 * processor has a sidecar, and for-recognizers.onnx if there is a transformer. Files are written atomically, so a run can be
 * killed at any time. One process at a time has it open.
 */
export class RunFolder {
  private constructor(
    readonly path: string,
    private readonly lock: Lock,
  ) {}

  /**
   * Opens the folder of a run, new or to be resumed. A run without a completed step is replaced. To be closed.
   * @throws UserError when it holds a run and `resume` is false, when that run has another config, when another process has
   * it open, or when it cannot be written.
   */
  static async open(path: string, record: RunRecord, resume: boolean): Promise<RunFolder> {
    await makeFolder(path).catch((error) => {
      throw new UserError(`cannot create the folder ${path}: ${messageOf(error)}`);
    });
    const folder = new RunFolder(path, await acquireLock(join(path, ".legible-lock"), `the run in ${path}`));
    try {
      await folder.claim(record, resume);
      return folder;
    } catch (error) {
      await folder.lock.release();
      throw error;
    }
  }

  /** Writes config.json, unless the run goes on under the one that is there. */
  private async claim(record: RunRecord, resume: boolean): Promise<void> {
    await RunFolder.requireUsable(this.path, resume);
    const earlier = await RunFolder.recordIn(this.path);
    const checkpoint = earlier && (await this.readCheckpoint());
    const kept = checkpoint ? resumedRecord(this.path, record, earlier, checkpoint.step) : record;
    if (kept !== earlier) await writeBytes(this.file(CONFIG), [`${JSON.stringify(kept, null, 2)}\n`]);
    if (!checkpoint) await rm(this.file(LOG), { force: true });
  }

  /** @throws UserError when the folder has a log of other origin, which a run would replace. */
  private static async requireNoOtherLog(path: string): Promise<void> {
    if ((await RunFolder.recordIn(path)) || !(await isThere(join(path, LOG)))) return;
    throw new UserError(`${path} already holds a ${LOG} of other origin: move it, or choose another ${named("out")}`);
  }

  /** Ends the use of the folder. A run without a completed step is removed, so that it can be started again. */
  async close(): Promise<void> {
    if (!(await RunFolder.holdsSteps(this.path)))
      for (const name of [CONFIG, LOG]) await rm(this.file(name), { force: true });
    await this.lock.release();
  }

  /**
   * Checks early, before images and models are read, whether `open` can succeed.
   * @throws UserError when the folder cannot be written, or holds a run and `resume` is false.
   */
  static async requireUsable(path: string, resume: boolean): Promise<void> {
    await requireWritableFolder(path);
    if (!(await RunFolder.holdsSteps(path))) return RunFolder.requireNoOtherLog(path);
    const refusal = (reason: string) =>
      new UserError(`${path} already holds ${reason}, or choose another ${named("out")}`);
    if (!(await isThere(join(path, CONFIG)))) throw refusal(`files of a run without a ${CONFIG}: remove them`);
    if (!resume) throw refusal(`a run: set ${named("resume")} to continue it`);
    if (!(await isThere(join(path, CHECKPOINT))))
      throw refusal(`a run without a checkpoint: set ${named("init")} to its model to train on`);
  }

  /** Whether a folder holds the result of a training step. */
  static async holdsSteps(path: string): Promise<boolean> {
    for (const name of [CHECKPOINT, MODEL]) if (await isThere(join(path, name))) return true;
    return false;
  }

  /**
   * The settings that the given ones are merged with: those of the run in a folder. If that run has no completed step and
   * images are given, there are none.
   * @throws UserError when config.json is not that of a run, or the given settings are those of another training.
   */
  static async settingsIn(path: string, kind: RunRecord["kind"], given: Readonly<Record<string, unknown>>) {
    const record = await RunFolder.recordIn(path);
    if (!record || (given.data !== undefined && !(await RunFolder.holdsSteps(path)))) return undefined;
    return settingsOf(path, kind, record, given);
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
    return this.file(MODEL);
  }

  /** T(P(x)). */
  get forRecognizersPath(): string {
    return this.file("for-recognizers.onnx");
  }

  /** The latest checkpoint, or null before the first. @throws UserError when it is damaged. */
  async readCheckpoint(): Promise<Checkpoint | null> {
    const path = this.file(CHECKPOINT);
    if (!(await isThere(path))) return null;
    const { tensors, metadata } = await readSafetensors(path);
    const step = Number(metadata.step ?? Number.NaN);
    if (!Number.isSafeInteger(step) || step < 0)
      throw new UserError(`${path} is damaged: its step is ${metadata.step ?? "missing"}; expected a whole number`);
    return { step, state: tensors, sums: sumsFrom(metadata.sums), remarks: remarksFrom(metadata.remarks) };
  }

  writeCheckpoint({ step, state, sums, remarks }: Checkpoint): Promise<void> {
    const metadata = {
      step: String(step),
      ...(sums && { sums: JSON.stringify(sums) }),
      ...(remarks && remarks.broken.size + remarks.flawed.size > 0 && { remarks: textOf(remarks) }),
    };
    return writeSafetensors(this.file(CHECKPOINT), { tensors: state, metadata });
  }

  /** Writes the sidecar of the model. */
  writeSidecar(text: string): Promise<void> {
    return writeBytes(sidecarPath(this.modelPath), [text]);
  }

  async log(line: LogLine): Promise<void> {
    await writeFile(this.file(LOG), `${JSON.stringify(line)}\n`, { flag: "a" });
  }

  /** Removes the log entries that `isKept` rejects by their step, because these steps will be repeated. */
  async rewindLog(isKept: (step: number) => boolean): Promise<void> {
    const text = (await readTextIfThere(this.file(LOG), LARGEST_LOG)) ?? "";
    const lines = text.split("\n").filter((line) => isKept(stepOf(line)));
    await writeBytes(
      this.file(LOG),
      lines.map((line) => `${line}\n`),
    );
  }
}

const CONFIG = "config.json";
const LOG = "log.jsonl";
const CHECKPOINT = "checkpoint.safetensors";
const MODEL = "model.onnx";

const Entries = z.array(z.tuple([z.string(), z.string()])).transform((entries) => new Map(entries));
const Remarks = z.object({ broken: Entries, flawed: Entries });

const textOf = ({ broken, flawed }: ImageRemarks): string =>
  JSON.stringify({ broken: [...broken], flawed: [...flawed] });

/** Remarks from a checkpoint; undefined if it has none. */
function remarksFrom(text: string | undefined): ImageRemarks | undefined {
  try {
    return Remarks.parse(JSON.parse(text ?? ""));
  } catch {
    return undefined;
  }
}

/** The step of a line of the log; NaN for a line that a killed run left incomplete. */
function stepOf(line: string): number {
  try {
    return Number(JSON.parse(line).step);
  } catch {
    return Number.NaN;
  }
}
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
