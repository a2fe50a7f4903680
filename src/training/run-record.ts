import { z } from "zod";

const Fields = z.record(z.string(), z.unknown());

/** How a run was started and what decides its result. Written to config.json as it is. */
export const RunRecord = z.object({
  kind: z.enum(["processor", "recognizer"]),
  /** Settings as they were given, so that the run can be started again. */
  settings: Fields,
  /** The resolved config: everything that decides the result, files by their SHA-256. */
  config: Fields,
  /** Whether `config` is incomplete, in a run of an earlier version. */
  partial: z.boolean().optional(),
});
export type RunRecord = z.infer<typeof RunRecord>;
