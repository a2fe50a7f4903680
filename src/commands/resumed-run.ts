import { UserError } from "../errors.js";
import { named } from "../settings.js";
import { RunFolder } from "../training/run-folder.js";
import type { RunRecord } from "../training/run-record.js";

/**
 * The settings of the run that is resumed.
 * @throws UserError when the output folder holds no run, and the given settings have no data for a new one; or when they are
 * those of another training.
 */
export const resumedSettings =
  (kind: RunRecord["kind"]) =>
  async (given: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>> | undefined> => {
    const { resume, out, data } = given;
    if (resume !== true || typeof out !== "string") return undefined;
    const settings = await RunFolder.settingsIn(out, kind, given);
    if (!settings && data === undefined) throw new UserError(`cannot resume ${out}: it holds no run`);
    return settings;
  };

/** Whether there is something to resume after an interruption. */
export const interruptedRun = ({ step, steps }: { readonly step: number; readonly steps: number }): string =>
  step === 0
    ? "interrupted before the first step; nothing was written"
    : `interrupted after step ${step} of ${steps}; rerun with ${named("resume")} to continue`;
