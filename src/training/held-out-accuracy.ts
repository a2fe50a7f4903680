import type { Dataset } from "../data/dataset.js";
import { cleanAccuracy } from "../evaluation/clean-accuracy.js";
import type { Graph } from "../onnx/graph.js";
import { startClassifier } from "../recognition/classifier.js";
import type { SessionOptions } from "../runtime/session.js";
import { sideOf } from "./recognizer-forward.js";

/** The accuracy of a recognizer on images that it was not trained on. */
export interface HeldOutAccuracy {
  /** Top-1 accuracy, 0 to 1. */
  readonly top1: number;
  /** Its 95 % interval (Wilson). */
  readonly interval: readonly [low: number, high: number];
  /** Number of judged images, without those that cannot be read. */
  readonly count: number;
}

/** The accuracy, and the images that cannot be read, with the reason. */
export interface HeldOutJudged {
  readonly accuracy: HeldOutAccuracy;
  readonly broken: ReadonlyMap<string, string>;
}

/**
 * Judges a recognizer as `evaluate` does on clean images: the evaluation crop, resized to its input size.
 * @throws UserError when no image can be read.
 */
export async function heldOutAccuracy(
  network: Graph,
  heldOut: Dataset,
  options: SessionOptions = {},
): Promise<HeldOutJudged> {
  const { name } = network;
  // Its predictions are not stored, so its name suffices as key.
  const judge = await startClassifier({ name, key: name, graph: network, side: sideOf(network) }, options);
  const { value, low, high, count, skipped } = await cleanAccuracy(judge, heldOut).finally(() => judge.release());
  const broken = new Map(skipped.map(({ file, reason }) => [file, reason]));
  return { accuracy: { top1: value, interval: [low, high], count }, broken };
}
