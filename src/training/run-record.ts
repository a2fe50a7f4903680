import { z } from "zod";

const Fields = z.record(z.string(), z.unknown());

/** The settings and the resolved config of a run, written to config.json unchanged. */
export const RunRecord = z.object({
  kind: z.enum(["processor", "recognizer", "detector"]),
  /** The given settings, from which the run can be repeated. */
  settings: Fields,
  /** The resolved config: everything that determines the result, with files identified by their SHA-256. */
  config: Fields,
  /** Whether `config` is incomplete, in a run of an earlier version. */
  partial: z.boolean().optional(),
  /** The numbers of steps that the run was extended from, in order. Their warm-ups may be shorter than that of `config`. */
  extendedFrom: z.array(z.number()).optional(),
});
export type RunRecord = z.infer<typeof RunRecord>;
