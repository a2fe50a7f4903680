import { basename } from "node:path";
import { sha256OfFile } from "../platform/node/models.js";
import type { ReportDocument } from "../report/document.js";
import { classNaming, type Evaluated } from "../report/evaluated.js";
import { evaluationReport } from "../report/evaluation-report.js";
import { galleryOf } from "../report/gallery.js";
import { processorModel, type ReportedModel } from "../report/setting-parts.js";

/** A judge; one without a file is a service. */
interface ReportedJudge {
  readonly name: string;
  readonly file?: string;
}

/** The report of an evaluation, with the flipped images. */
export async function evaluatedReport(evaluated: Evaluated, judges: readonly ReportedJudge[]): Promise<ReportDocument> {
  const { evaluation, measurements, processors } = evaluated;
  const nameOf = await classNaming(
    evaluated,
    judges.flatMap(({ file }) => file ?? []),
  );
  const gallery = await galleryOf({ ...evaluated, nameOf });
  const models: ReportedModel[] = processors.map(processorModel);
  for (const { name, file } of judges)
    models.push({
      ...{ name, role: file === undefined ? "judge (service)" : "judge" },
      ...(file !== undefined && { file: basename(file), sha256: await sha256OfFile(file) }),
    });
  return evaluationReport(evaluation, { models, measurements, nameOf, ...(gallery && { gallery }) });
}
