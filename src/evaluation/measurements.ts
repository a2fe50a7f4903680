import type { EvaluationSetting } from "./evaluation.js";
import type { MeasuredImage, MeasuredRow, StoredPrediction } from "./measured-image.js";

/** What is measured in an evaluation: the names of rows and judges, in the order of the measurements of each image. */
export interface Measurements {
  /** "none", the processors, "clean". */
  readonly processors: readonly string[];
  readonly judges: readonly string[];
  readonly images: readonly MeasuredImage[];
}

/** An evaluation before it is summarized. */
export interface MeasuredEvaluation {
  readonly setting: EvaluationSetting;
  readonly measurements: Measurements;
}

/** The indices of two rows that are compared: a processor, and "none" or a processor before it. */
export type Pair = readonly [row: number, over: number];

/** Every processor with "none" and with each processor before it. */
export const pairsOf = ({ processors }: Measurements): Pair[] =>
  processors.slice(1, -1).flatMap((_, i) => processors.slice(0, i + 1).map((_, over) => [i + 1, over] as const));

/** The measurements of a row, by image. */
export const measuredRow = ({ images }: Measurements, row: number): MeasuredRow[] =>
  images.map(({ rows }) => rows[row] as MeasuredRow);

/** The stored predictions of one kind. */
type Stored<Kind extends StoredPrediction["kind"]> = Extract<StoredPrediction, { readonly kind: Kind }>;

/** A judge with its predictions. */
export interface Judged<Kind extends StoredPrediction["kind"]> {
  readonly name: string;
  /** [rows][images] */
  readonly rows: readonly (readonly Stored<Kind>[])[];
}

/** The judges of one kind. A judge has predictions of the same kind for all images. */
export function judgesOf<Kind extends StoredPrediction["kind"]>(
  kind: Kind,
  measurements: Measurements,
): Judged<Kind>[] {
  const { judges, processors, images } = measurements;
  return judges.flatMap((name, judge) => {
    if (images[0]?.rows[0]?.predictions[judge]?.kind !== kind) return [];
    const rows = processors.map((_, row) =>
      measuredRow(measurements, row).map(({ predictions }) => predictions[judge] as Stored<Kind>),
    );
    return [{ name, rows }];
  });
}
