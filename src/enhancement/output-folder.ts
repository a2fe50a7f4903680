import { stat } from "node:fs/promises";
import { messageOf, UserError } from "../errors.js";
import { isThere } from "../platform/node/files.js";
import { named } from "../settings.js";
import type { FilePlan } from "./plan.js";

/** Errors of the system that meet every further output, too: a full, broken or read-only disk. */
const LASTING = new Set(["ENOSPC", "EDQUOT", "EROFS", "EIO"]);

/** The folder of a batch's outputs, which must stay the same folder while the batch runs. */
export class OutputFolder {
  /** Why no further output can be written. */
  failure: UserError | undefined;

  private constructor(
    private readonly path: string,
    private readonly identity: string | undefined,
  ) {}

  static async open(path: string): Promise<OutputFolder> {
    return new OutputFolder(path, await identityOf(path));
  }

  /** @throws UserError when the folder was removed or replaced: writing would create it again, on another disk perhaps. */
  async requireUnchanged(): Promise<void> {
    if ((await identityOf(this.path)) === this.identity) return;
    this.failure ??= new UserError(
      `cannot write into ${this.path}: the folder was removed or replaced during the work; rerun the command to resume`,
    );
    throw this.failure;
  }

  /** Notes a failure to write one output if it meets all. */
  note(error: unknown): void {
    const { cause = error } = error as Error;
    if (!LASTING.has(String((cause as NodeJS.ErrnoException)?.code))) return;
    this.failure ??= new UserError(
      `cannot write into ${this.path}: ${messageOf(cause)}; the results so far are complete: rerun the command to resume`,
    );
  }
}

const identityOf = (path: string): Promise<string | undefined> =>
  stat(path).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => undefined,
  );

/** @throws UserError when an output exists. */
export async function requireNoOutputs({ images }: FilePlan): Promise<void> {
  const existing: string[] = [];
  for (const { output } of images) if (await isThere(output)) existing.push(output);
  if (existing.length === 0) return;
  const others = existing.length > 1 ? `, and so do ${existing.length - 1} other outputs` : "";
  throw new UserError(
    `${existing[0]} exists${others}; ${named("overwrite")} decides what happens to ${others === "" ? "it" : "them"}`,
  );
}
