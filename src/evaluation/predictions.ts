import { open } from "node:fs/promises";
import { z } from "zod";
import { writeWhole } from "../platform/node/files.js";
import type { EvaluationSetting } from "./evaluation.js";
import { type MeasuredImage, MeasuredQuality, Ranked } from "./measured-image.js";
import { protocolNames } from "./protocols.js";
import type { Measurements } from "./summarize.js";

/** The format of a predictions file. */
export const FORMAT = "legible-predictions";
export const VERSION = 1;

/** The first line of a predictions file: everything that is not per image. */
export const Header = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
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
  /** "none", the processors, "clean". */
  processors: z.array(z.string()),
  judges: z.array(z.string()),
});

/** Each further line: what one judge sees in one image as one processor restored it, with the quality of that image. */
export const Line = MeasuredQuality.extend({
  file: z.string(),
  processor: z.string(),
  /** Null, as `ranked`: the evaluation has no judges. */
  judge: z.string().nullable(),
  /** The image's class; null: none. */
  label: z.number().int().nullable(),
  ranked: Ranked.nullable(),
});
export type Line = z.output<typeof Line>;

/**
 * Writes a predictions file, JSON Lines: a header, then a line for each image, processor and judge, in this order. The
 * file is whole or absent.
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
          linesOf(image, measurements)
            .map((line) => `${JSON.stringify(Line.encode(line))}\n`)
            .join(""),
        );
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** The lines of one image. */
const linesOf = ({ file, label, rows }: MeasuredImage, { processors, judges }: Measurements): Line[] =>
  rows.flatMap(({ predictions, ...quality }, i) => {
    const processor = processors[i] as string;
    const lineOf = (judge: string | null, j: number): Line => ({
      ...{ file, processor, judge, label },
      ranked: predictions[j]?.ranked ?? null,
      ...quality,
    });
    return (judges.length > 0 ? judges : [null]).map(lineOf);
  });
