import { z } from "zod";
import { overwriteModes } from "../enhancement/image-states.js";
import { path } from "../settings.js";

/** The settings of every command that writes an image for each image. */
export const batchSettings = {
  overwrite: z
    .enum(overwriteModes)
    .default("skip")
    .describe(
      "what happens to outputs that exist: skip keeps those that are complete and leaves files of others alone, replace computes all, newer computes those that are older than their input, fail stops before any work",
    ),
  verify: z
    .boolean()
    .default(false)
    .describe("read inputs and outputs to find what is complete, rather than trust unchanged sizes and times"),
  report: path("write a line of JSON for each image to this file, and a summary", { placeholder: "file" }).optional(),
  jsonLines: z.boolean().default(false).describe("print a line of JSON for each image as it ends, and a summary"),
  verbose: z.boolean().default(false).describe("write a line for each image if there is no terminal, also for many"),
};

export const batchNotes = `Results in a folder are recorded there (.legible-jobs.jsonl). If interrupted, rerun the command to resume: an image is complete, and
skipped, if its input, the settings and its output are those of the record. Files whose size and times are unchanged are not read again;
--verify reads them. A result that was changed since, or that other settings give, is computed again; a file in its place that Legible
did not write is left alone and counted, unless --overwrite permits to replace it.

--json-lines prints {"input", "output", "status", "width", "height", "seconds", "reason"} for each image. The status is done, kept
(complete already), exists (a file of others is in the place of the output), skipped (by a gate) or failed; the last line is
{"summary": …}.`;
