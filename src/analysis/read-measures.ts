import { z } from "zod";
import { readJson } from "./gain-tables.js";
import type { PairMeasures } from "./pair-measures.js";

const mean = {
  n: z.number(),
  mean: z.number().nullable(),
  ci95: z.tuple([z.number(), z.number()]).nullable(),
};
const pair = { a: z.string(), b: z.string() };

const Measures = z.object({
  recognizers: z.array(z.object({ recognizer: z.string(), top1: z.number(), margin: z.object(mean) })),
  inter_boundary: z.array(z.object({ ...pair, direction: z.string(), ...mean })),
  gradient_cosine: z.array(z.object({ ...pair, ...mean })),
  agreement: z.array(
    z.object({ ...pair, kind: z.enum(["gradient", "triple"]), raw: z.object(mean), kappa: z.object(mean) }),
  ),
});

/**
 * Reads what an earlier analysis measured of each two recognizers, from its boundaries.json.
 * @throws UserError when the file cannot be read or is none.
 */
export const readMeasures = (file: string): Promise<PairMeasures> => readJson(file, Measures, "measures of boundaries");
