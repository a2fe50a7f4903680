import { z } from "zod";
import type { Graph } from "../onnx/graph.js";

const KEY = "legible.card";

/** Images of a training or an evaluation: how many of which folders, and what was taken of these, if not everything. */
const Data = z.object({ folders: z.array(z.string()), selection: z.string().optional(), count: z.number() });

const Recognizer = z.object({
  name: z.string(),
  sha256: z.string(),
  view: z.string(),
  weight: z.number().default(1),
  /** The values inside it that were compared, if any were. */
  features: z.array(z.string()).optional(),
});

/** What a trained processor says of itself, in the metadata of its ONNX file. */
export const Card = z.object({
  task: z.string(),
  options: z.record(z.string(), z.unknown()),
  scale: z.number(),
  objective: z.string(),
  lambda: z.number(),
  /** Steps over which lambda rose from 0, if any. */
  lambdaWarmup: z.number().optional(),
  /** The image loss where it was not the mean squared error. */
  imageLoss: z.string().optional(),
  /** How the recognizers' outputs were compared, if they were. */
  distance: z.string().optional(),
  /** How much values inside the recognizers counted beside the loss of their outputs, if they did. */
  featureWeight: z.number().optional(),
  /** The recognizers it was trained with, how each saw the images, and the factor of its loss. */
  recognizers: z.array(Recognizer),
  /** The network between the processor and the recognizers, if there was one. */
  transformer: z.string().optional(),
  /** Whether that network is a part of this file, which is then for recognizers to see through. */
  forRecognizers: z.boolean().optional(),
  network: z.string(),
  /** The file that training began from, if any. */
  init: z.string().nullable(),
  /** Patterns of the names of weights that were kept as they were, if any. */
  freeze: z.array(z.string()).optional(),
  data: Data,
  /** Steps that were done. */
  steps: z.number(),
  batch: z.number(),
  crop: z.number(),
  lr: z.number(),
  /** Steps from which the learning rate was a tenth of what it was before, if any. */
  lrDrops: z.array(z.number()).optional(),
  seed: z.number(),
  /** How many processors, trained alike with the seeds from `seed` on, this one is the mean of. */
  averageOf: z.number().optional(),
  /** How far that mean was taken from the start that they share, in multiples of the way to the mean itself. */
  averageFactor: z.number().optional(),
  /** What an evaluation measured: dB, and percentages by recognizer. */
  measured: z
    .object({
      data: Data,
      psnr: z.number().nullable(),
      ssim: z.number(),
      top1: z.record(z.string(), z.number()),
    })
    .optional(),
});
export type Card = z.infer<typeof Card>;

/** The card of a processor; null for one that Legible did not train. */
export function cardOf(graph: Graph): Card | null {
  const text = graph.metadata[KEY];
  if (text === undefined) return null;
  try {
    return Card.parse(withRecognizers(JSON.parse(text)));
  } catch {
    return null;
  }
}

/** Cards of version 0.1.0 have one `recognizer`, or null. */
function withRecognizers(card: Readonly<Record<string, unknown>>): unknown {
  const { recognizer, ...others } = card;
  return recognizer === undefined ? card : { ...others, recognizers: recognizer === null ? [] : [recognizer] };
}

export const withCard = (graph: Graph, card: Card): Graph => ({
  ...graph,
  metadata: { ...graph.metadata, [KEY]: JSON.stringify(card) },
});
