import { basename } from "node:path";
import type { Dataset } from "../data/dataset.js";
import type { Task } from "../data/task.js";
import type { Evaluation } from "../evaluation/evaluation.js";
import type { MeasuredEvaluation } from "../evaluation/measurements.js";
import { sha256OfFile } from "../platform/node/models.js";
import type { Processor } from "../processors/processor.js";
import { classNames } from "../recognition/class-names.js";
import type { ReportDocument } from "../report/document.js";
import { evaluationReport } from "../report/evaluation-report.js";
import { galleryOf } from "../report/gallery.js";
import { processorModel, type ReportedModel } from "../report/setting-parts.js";

/** An evaluation with what it was made from. */
export interface Evaluated extends MeasuredEvaluation {
  readonly evaluation: Evaluation;
  readonly dataset: Dataset;
  readonly task: Task;
  readonly processors: readonly Processor[];
  /** Judges by name; those without a file are services. */
  readonly judges: readonly { readonly name: string; readonly file?: string }[];
  readonly limit?: number | undefined;
}

/** The report of an evaluation, with the flipped images. */
export async function evaluatedReport(evaluated: Evaluated): Promise<ReportDocument> {
  const { evaluation, measurements, processors, dataset, judges } = evaluated;
  const nameOf = await classNaming(dataset.classes, judges);
  const gallery = await galleryOf({ ...evaluated, nameOf });
  const models: ReportedModel[] = processors.map(processorModel);
  for (const { name, file } of judges)
    models.push({
      ...{ name, role: file === undefined ? "judge (service)" : "judge" },
      ...(file !== undefined && { file: basename(file), sha256: await sha256OfFile(file) }),
    });
  return evaluationReport(evaluation, { models, measurements, nameOf, ...(gallery && { gallery }) });
}

/** The names of classes: of the data, or of the first judge that has some. */
async function classNaming(classes: readonly string[] | undefined, judges: Evaluated["judges"]) {
  let names = classes ?? [];
  for (const { file } of judges) if (names.length === 0 && file !== undefined) names = await classNames(file);
  return (label: number): string => names[label] ?? `class ${label}`;
}
