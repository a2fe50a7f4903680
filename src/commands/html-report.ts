import { extname } from "node:path";
import { UserError } from "../errors.js";
import { writeBytes } from "../platform/node/files.js";
import { requireWritable } from "../platform/node/outputs.js";
import type { ReportDocument } from "../report/document.js";
import { reportPage } from "../report/html.js";
import type { Reporter } from "../reporter.js";
import { path } from "../settings.js";
import type { Given } from "./command.js";

/** The setting of the commands that write a report. */
export const reportSettings = {
  report: path("write a report to this file: one HTML page that loads nothing", {
    placeholder: "file.html",
  }).optional(),
};

/** The report among the settings of a stage, which it writes beside its results. */
export const reportOf = ({ report }: Given): string[] => (typeof report === "string" ? [report] : []);

/**
 * Checks before the work that the report can be written.
 * @param inputs files that must not be overwritten.
 * @throws UserError also when its name does not end in .html.
 */
export async function requireReport(file: string | undefined, inputs: readonly string[]): Promise<void> {
  if (file === undefined) return;
  requireHtml(file);
  await requireWritable([file], inputs);
}

/** @throws UserError when the name does not end in .html or .htm. */
export function requireHtml(file: string | undefined): void {
  if (file !== undefined && !/^\.html?$/i.test(extname(file)))
    throw new UserError(`cannot write the report ${file}: its name must end in .html`);
}

/** Writes the report, if one is wanted. The file is whole or absent. */
export async function writeReport(
  file: string | undefined,
  document: () => ReportDocument | Promise<ReportDocument>,
  report: Pick<Reporter, "info">,
): Promise<void> {
  if (file === undefined) return;
  await writeBytes(file, [await reportPage(await document())]);
  report.info(`report: ${file}`);
}
