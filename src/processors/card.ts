import { z } from "zod";
import type { Graph } from "../onnx/graph.js";

const KEY = "legible.card";

/** The images of a training or an evaluation: folders, selection (absent if everything was selected) and count. */
const Data = z.object({ folders: z.array(z.string()), selection: z.string().optional(), count: z.number() });

const Recognizer = z.object({
  name: z.string(),
  sha256: z.string(),
  view: z.string(),
  weight: z.number().default(1),
  /** What a loss read of it, if not class scores of images; see `OutputKind`. */
  kind: z.enum(["positions", "heads", "grid"]).optional(),
  /** Names of the raw heads of a detector, if any. */
  heads: z.array(z.string()).optional(),
  /** Names of the compared features, if any. */
  features: z.array(z.string()).optional(),
});

/** The model card of a trained processor, stored in the metadata of its ONNX file. */
export const Card = z.object({
  task: z.string(),
  options: z.record(z.string(), z.unknown()),
  scale: z.number(),
  objective: z.string(),
  lambda: z.number(),
  /** Warm-up steps of lambda, if any. */
  lambdaWarmup: z.number().optional(),
  /** The image loss, if not the mean squared error. */
  imageLoss: z.string().optional(),
  /** Weight of the loss of patterns on the lattice of pixels, if any. */
  latticeWeight: z.number().optional(),
  /** The random handling of the images that the recognizers got, such as "jpeg:60..95", if any. */
  after: z.array(z.string()).optional(),
  /** Whether each step used one recognizer, in turn. */
  rotate: z.boolean().optional(),
  /** The distance between the recognizers' outputs, if they were compared. */
  distance: z.string().optional(),
  /** Factor on the feature distance that was added to the loss of the recognizers' outputs, if any. */
  featureWeight: z.number().optional(),
  /** The recognizers of the training, each with its view and the factor on its loss. */
  recognizers: z.array(Recognizer),
  /** Recognizers of the trainings that the initial weights come from, or of averaged ones, if they are not among `recognizers`. */
  earlierRecognizers: z.array(z.object({ name: z.string(), sha256: z.string() })).optional(),
  /** The network between the processor and the recognizers, if there was one. */
  transformer: z.string().optional(),
  /** Weight of the squared change that it makes to the processor's images, if any. */
  transformerWeight: z.number().optional(),
  /** Whether that network is part of this file, whose output is then meant for recognizers. */
  forRecognizers: z.boolean().optional(),
  network: z.string(),
  /** The file with the initial weights, if any. */
  init: z.string().nullable(),
  /** Name patterns of the frozen weights, if any. */
  freeze: z.array(z.string()).optional(),
  data: Data,
  /** Number of completed steps. */
  steps: z.number(),
  batch: z.number(),
  crop: z.number(),
  lr: z.number(),
  /** Steps at which the learning rate was multiplied by 0.1, if any. */
  lrDrops: z.array(z.number()).optional(),
  seed: z.number(),
  /** Number of averaged processors, which were trained with consecutive seeds from `seed` on. */
  averageOf: z.number().optional(),
  /** Extrapolation factor of that average from the common initial weights. */
  averageFactor: z.number().optional(),
  /** Where the weights lie between those of the start, such as the plain processor (0), and those of the training (1). */
  balance: z.number().optional(),
  /** Results of an evaluation: PSNR in dB (null: all images equal the clean ones), SSIM, and top-1 accuracy in percent by recognizer. */
  measured: z
    .object({
      data: Data,
      psnr: z.number().nullable(),
      ssim: z.number(),
      top1: z.record(z.string(), z.number()),
      /** Mean average precision (PASCAL VOC 2007) in percent by detector, mean intersection over union by segmenter. */
      map11: z.record(z.string(), z.number().nullable()).optional(),
      miou: z.record(z.string(), z.number().nullable()).optional(),
    })
    .optional(),
});
export type Card = z.infer<typeof Card>;

/** The recognizers whose losses shaped the weights of a processor, as far as its card knows. */
export const recognizersBehind = (card: Card | null): readonly Named[] =>
  card === null ? [] : [...card.recognizers, ...(card.earlierRecognizers ?? [])];

type Named = NonNullable<Card["earlierRecognizers"]>[number];

/**
 * The part of a card that states the recognizers of earlier trainings.
 * @param own the recognizers of the training itself.
 * @param sources the cards of the processors that its weights come from.
 */
export function earlierRecognizers(
  own: readonly Pick<Named, "sha256">[],
  sources: readonly (Card | null)[],
): Pick<Card, "earlierRecognizers"> {
  const known = new Set(own.map(({ sha256 }) => sha256));
  const others = sources.flatMap(recognizersBehind).filter(({ sha256 }) => !known.has(sha256));
  const distinct = new Map(others.map(({ name, sha256 }) => [sha256, { name, sha256 }]));
  return distinct.size > 0 ? { earlierRecognizers: [...distinct.values()] } : {};
}

/** The card of a processor; null if it has none or an invalid one, as processors not trained by Legible. */
export function cardOf(graph: Graph): Card | null {
  const text = graph.metadata[KEY];
  if (text === undefined) return null;
  try {
    return Card.parse(withRecognizers(JSON.parse(text)));
  } catch {
    return null;
  }
}

/** Converts a card of version 0.1.0, which has one `recognizer` or null. */
function withRecognizers(card: Readonly<Record<string, unknown>>): unknown {
  const { recognizer, ...others } = card;
  return recognizer === undefined ? card : { ...others, recognizers: recognizer === null ? [] : [recognizer] };
}

/** The processor with this card in its metadata. */
export const withCard = (graph: Graph, card: Card): Graph => ({
  ...graph,
  metadata: { ...graph.metadata, [KEY]: JSON.stringify(card) },
});
