import { open } from "node:fs/promises";
import { z } from "zod";
import { Degradation } from "../metrics/degradation/degradation.js";
import { writeWhole } from "../platform/node/files.js";
import type { EvaluationSetting } from "./evaluation.js";
import {
  Confusions,
  FoundBoxes,
  Labels,
  type MeasuredImage,
  MeasuredQuality,
  Ranked,
  type StoredPrediction,
  TrueBoxes,
} from "./measured-image.js";
import type { Measurements } from "./measurements.js";
import { protocolNames } from "./protocols.js";

/** The format of a predictions file. */
export const FORMAT = "legible-predictions";
export const VERSION = 2;
/** The versions that can be read. Version 1 has classes only. */
const VERSIONS = [1, VERSION] as const;

/** The first line of a predictions file: everything that is not per image. */
export const Header = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSIONS),
  task: z.string(),
  options: z.record(z.string(), z.unknown()),
  scale: z.number(),
  protocol: z.enum(protocolNames),
  crop_border: z.number(),
  data: z.object({
    folders: z.array(z.string()),
    selection: z.string().exactOptional(),
    count: z.number(),
    skipped: z.array(z.object({ file: z.string(), reason: z.string() })),
    left_out: z.array(z.object({ file: z.string(), reason: z.string() })).exactOptional(),
    flawed: z.array(z.object({ file: z.string(), reason: z.string() })).exactOptional(),
  }),
  seed: z.number(),
  synonyms: z.record(z.string(), z.array(z.string())).exactOptional(),
  judge_settings: z.record(z.string(), z.record(z.string(), z.unknown())).exactOptional(),
  control: z
    .object({
      name: z.string(),
      over: z.string(),
      recognizer: z.string(),
      cost_db: z.number(),
      uses_labels: z.literal(true),
    })
    .exactOptional(),
  after: z.array(z.string()).exactOptional(),
  seen: z.record(z.string(), z.array(z.string())).exactOptional(),
  processor_sha256: z.record(z.string(), z.string()).exactOptional(),
  gates: z
    .array(z.object({ name: z.string(), over: z.string(), alpha: z.number(), delta: z.number() }))
    .exactOptional(),
  /** "none", the processors, the control, the gates, "clean". */
  processors: z.array(z.string()),
  judges: z.array(z.string()),
});

/** What one judge sees in one image as one processor restored it. */
const JudgedLine = z.object({
  file: z.string(),
  processor: z.string(),
  /** Null: the evaluation has no judges. */
  judge: z.string().nullable(),
  /** The image's class; null: none. */
  label: z.number().int().nullable(),
  /** Its objects, on the first line of the image; absent if its annotation is no boxes. */
  truth: TrueBoxes.exactOptional(),
  /** How degraded it is before processing, on the first line of the image; absent in files of earlier versions. */
  degradation: Degradation.exactOptional(),
  /** In the row of a gate: whether the processor was applied. */
  processed: z.boolean().exactOptional(),
  /** What a classifier predicts; null: the judge is none. */
  ranked: Ranked.nullable(),
  /** What a detector predicts. */
  boxes: FoundBoxes.exactOptional(),
  /** What a segmenter predicts. */
  confusions: Confusions.exactOptional(),
  /** What a service predicts. */
  labels: Labels.exactOptional(),
});

/** Each further line: what one judge sees in one image as one processor restored it, with the quality of that image. */
export const Line = JudgedLine.extend(MeasuredQuality.shape);
export type Line = z.output<typeof Line>;

/** The same after a handling of the restored image, which has no quality of its own. */
export const HandledLine = JudgedLine.extend({ after: z.string() });
export type HandledLine = z.output<typeof HandledLine>;

/**
 * Writes a predictions file, JSON Lines: a header, then a line for each image, processor and judge, in this order; after those
 * of a processor the lines for each handling and judge. The file is whole or absent.
 * @throws UserError when it cannot be written.
 */
export async function writePredictions(path: string, setting: EvaluationSetting, measurements: Measurements) {
  const { images, ...names } = measurements;
  const header = { format: FORMAT, version: VERSION, ...setting, ...names };
  await writeWhole(path, async (temporary) => {
    const file = await open(temporary, "w");
    try {
      await file.writeFile(`${JSON.stringify(header)}\n`);
      for (const image of images)
        await file.writeFile(
          linesOf(image, { ...measurements, after: setting.after ?? [] })
            .map((line) => `${JSON.stringify("after" in line ? HandledLine.encode(line) : Line.encode(line))}\n`)
            .join(""),
        );
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** The lines of one image. */
const linesOf = (
  { file, label, boxes, degradation, rows }: MeasuredImage,
  { processors, judges, after }: Pick<Measurements, "processors" | "judges"> & { readonly after: readonly string[] },
): (Line | HandledLine)[] =>
  rows.flatMap(({ predictions, handled = [], ...quality }, i) => {
    const processor = processors[i] as string;
    const lineOf = (judge: string | null, j: number): Line => ({
      ...{ file, processor, judge, label },
      ...(boxes && i === 0 && j === 0 && { truth: boxes }),
      ...(degradation && i === 0 && j === 0 && { degradation }),
      ...contentsOf(predictions[j]),
      ...quality,
    });
    const handledLines = after.flatMap((name, h) =>
      judges.map((judge, j) => ({ file, processor, judge, label, after: name, ...contentsOf(handled[h]?.[j]) })),
    );
    return [...(judges.length > 0 ? judges : [null]).map(lineOf), ...handledLines];
  });

/** A prediction as the fields of a line. */
function contentsOf(
  prediction: StoredPrediction | undefined,
): Pick<Line, "ranked" | "boxes" | "confusions" | "labels"> {
  if (prediction?.kind === "class") return { ranked: prediction.ranked };
  if (prediction?.kind === "boxes") return { ranked: null, boxes: prediction.boxes };
  if (prediction?.kind === "labels") return { ranked: null, labels: prediction.labels };
  return { ranked: null, ...(prediction && { confusions: prediction.confusions }) };
}

/** The prediction in a line; undefined: it has none. */
export function predictionIn({ ranked, boxes, confusions, labels }: Line | HandledLine): StoredPrediction | undefined {
  if (ranked) return { kind: "class", ranked };
  if (boxes) return { kind: "boxes", boxes };
  if (labels) return { kind: "labels", labels };
  return confusions && { kind: "label-map", confusions };
}
