import { z } from "zod";
import type { RunRecord } from "./run-record.js";

/** The config.json of a processor's run of version 0.1. Keys that were added within 0.1 may be missing. */
const LegacyConfig = z.object({
  task: z.string(),
  options: z.record(z.string(), z.unknown()),
  objective: z.string(),
  lambda: z.number(),
  lambdaWarmup: z.number().default(0),
  imageLoss: z.string().default("mse"),
  recognizer: z.union([
    z.array(z.object({ file: z.string(), weight: z.number() })),
    z.nullable(z.string()).transform((file) => (file === null ? [] : [{ file, weight: 1 }])),
  ]),
  distance: z.string().nullable().default(null),
  features: z.array(z.string()).default([]),
  featureWeight: z.number().default(0),
  transformer: z.string().optional(),
  processor: z.string(),
  init: z.string().nullable(),
  freeze: z.array(z.string()).default([]),
  data: z.array(z.string()),
  selection: z
    .object({
      part: z.string(),
      classes: z.string().optional(),
      split: z.object({ train: z.number(), seed: z.number() }).optional(),
    })
    .default({ part: "train" }),
  steps: z.number(),
  batch: z.number(),
  crop: z.number(),
  lr: z.number(),
  /** In steps, which settings cannot express: such runs are not resumed. */
  lrDrops: z.array(z.number()).max(0).default([]),
  seed: z.number(),
  lowering: z.string().default("all"),
});

/** The record of a run of version 0.1, without hashes of files. Undefined for other files. */
export function legacyRecord(json: unknown): RunRecord | undefined {
  const { data: config } = LegacyConfig.safeParse(json);
  if (!config) return undefined;
  const { task, options, objective, lambda, lambdaWarmup, imageLoss, featureWeight, freeze, lrDrops, lowering } =
    config;
  const { selection, recognizer, distance, features, transformer, init, ...rest } = config;
  const { processor, data, steps, batch, crop, lr, seed } = rest;
  const { part, classes, split } = selection;
  const trained = objective === "plain" ? {} : { lambda, recognizer, ...(lambdaWarmup > 0 && { lambdaWarmup }) };
  const settings = {
    ...{ task, ...options, objective, ...trained, imageLoss, processor, data, classes },
    ...(part !== "train" && { part }),
    ...(split && { split: split.train, splitSeed: split.seed }),
    ...(distance && { distance }),
    ...(features.length > 0 && { feature: features }),
    ...(featureWeight > 0 && { featureWeight }),
    ...(objective === "transformer" && { transformer }),
    ...(init !== null && { init }),
    ...(freeze.length > 0 && { freeze }),
    ...{ steps, batch, crop, lr, seed, passes: lowering },
  };
  const schedule = { steps, batch, crop, lr, lrDrops, seed, passes: lowering };
  const losses = { objective, lambda, lambdaWarmup, imageLoss, featureWeight };
  return { kind: "processor", partial: true, settings, config: { task, options, ...losses, freeze, ...schedule } };
}
