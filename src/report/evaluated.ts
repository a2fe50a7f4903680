import type { Dataset } from "../data/dataset.js";
import type { Task } from "../data/task.js";
import type { Evaluation } from "../evaluation/evaluation.js";
import type { MeasuredEvaluation } from "../evaluation/measurements.js";
import type { Processor } from "../processors/processor.js";
import { classNames } from "../recognition/class-names.js";
import type { Section } from "./document.js";
import { flipsTable } from "./evaluation-parts.js";
import { galleryOf } from "./gallery.js";
import { predictionsPart } from "./predictions-part.js";

/** An evaluation with what it was made from, so that its images can be shown. */
export interface Evaluated extends MeasuredEvaluation {
  readonly evaluation: Evaluation;
  readonly dataset: Dataset;
  readonly task: Task;
  readonly processors: readonly Processor[];
  /** The limit of the evaluation; absent: none. */
  readonly limit?: number | undefined;
}

/** The names of classes: of the data, or of the first judge's file that has some; otherwise their indices. */
export async function classNaming({ dataset }: Pick<Evaluated, "dataset">, judges: readonly string[]) {
  let names = dataset.classes ?? [];
  for (const file of judges) if (names.length === 0) names = await classNames(file);
  return (label: number): string => names[label] ?? `class ${label}`;
}

/**
 * The flipped images, and all predictions, of an experiment's evaluation.
 * @param judges files of the judges, whose classes may have names.
 * @param mark follows the titles.
 */
export async function imageSections(evaluated: Evaluated, judges: readonly string[], mark = ""): Promise<Section[]> {
  const nameOf = await classNaming(evaluated, judges);
  const gallery = await galleryOf({ ...evaluated, nameOf });
  const flips = [...(gallery ? [gallery] : []), ...flipsTable(evaluated.evaluation)];
  return [
    ...(flips.length > 0 ? [{ title: `${gallery?.caption ?? "Flipped predictions"}${mark}`, parts: flips }] : []),
    { title: `All predictions${mark}`, parts: [predictionsPart(evaluated.measurements, nameOf)] },
  ];
}
