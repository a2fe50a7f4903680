import { z } from "zod";
import { reasonsOf, UserError } from "../errors.js";
import type { Degradation } from "../metrics/degradation/degradation.js";
import type { Graph } from "../onnx/graph.js";
import { readTextIfThere } from "../platform/node/files.js";
import { sha256OfGraph } from "../platform/node/models.js";
import type { Processor } from "../processors/processor.js";
import { Score, scoreOf } from "./score.js";

const Effect = z.object({
  processed: z.number(),
  risk: z.number().nullable(),
  risk_of_all: z.number(),
  gain: z.number(),
});

const Parts = z.object({ fitting: z.number().int(), calibration: z.number().int() });

/**
 * A rule that decides from an image's estimated degradation whether a processor is applied to it. With probability 1 - delta over
 * the choice of the calibration photographs, at most the share alpha of the pairs of a processed image and a judge is right without
 * processing and wrong with it, for photographs and degradations as those it was calibrated on, and the same judges.
 */
export const Gate = z.object({
  format: z.literal("legible-gate"),
  version: z.literal(1),
  /** The processor; the SHA-256 is that of `processorDigest`. */
  processor: z.object({ name: z.string(), sha256: z.string() }),
  judges: z.array(z.string()),
  /** The degradations of the photographs that it was fitted on, with the number of images of each. */
  pool: z.array(z.object({ task: z.string(), options: z.record(z.string(), z.unknown()), images: z.number().int() })),
  alpha: z.number().gt(0).lt(1),
  delta: z.number().gt(0).lt(1),
  score: Score,
  /** Images with a score up to this are processed; null: no image is. */
  threshold: z.number().nullable(),
  photographs: Parts,
  images: Parts,
  /** Of the calibration images: with the gate, and if all are processed. */
  effect: Effect,
  without: Effect,
});
export type Gate = z.output<typeof Gate>;

/**
 * Reads the file of a gate.
 * @throws UserError when it cannot be read or is no gate.
 */
export async function readGate(path: string): Promise<Gate> {
  const text = await readTextIfThere(path);
  if (text === undefined) throw new UserError(`cannot read the gate ${path}: the file does not exist`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(`${path} is not a gate: it is not valid JSON`);
  }
  const parsed = Gate.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError(`${path} is not a gate of this version: ${reasonsOf(parsed.error)}`);
}

/** The SHA-256 of a processor's network with its weights, without its name and its card. */
export function processorDigest({ graph }: Pick<Processor, "graph">): string {
  const digest = digests.get(graph) ?? sha256OfGraph({ ...graph, name: "", metadata: {} });
  digests.set(graph, digest);
  return digest;
}

/** Graphs do not change, and their weights take long to hash. */
const digests = new WeakMap<Graph, string>();

/** @throws UserError when the gate was fitted for another processor. */
export function requireGateOf({ processor: { name, sha256 } }: Gate, processor: Processor): void {
  if (processorDigest(processor) !== sha256)
    throw new UserError(
      `the gate was fitted for the processor ${name} (${sha256.slice(0, 12)}…), not for ${processor.file ?? processor.name}: ` +
        "fit one on predictions of this processor",
    );
}

/** Why a gate skips an image; undefined: the image is processed. */
export function skipReason({ score, threshold }: Gate, degradation: Degradation): string | undefined {
  if (threshold === null) return "the gate certified no threshold";
  const value = scoreOf(score, degradation);
  if (value <= threshold) return undefined;
  const { noise, jpeg_quality: quality, blockiness, blur } = degradation;
  return (
    `estimated harm ${value.toFixed(3)} is above ${threshold.toFixed(3)} (noise ${noise.toFixed(3)}, JPEG quality ${quality}, ` +
    `blockiness ${blockiness.toFixed(2)}, blur ${blur.toFixed(2)})`
  );
}
