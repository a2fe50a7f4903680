import type { Batch } from "../data/batches.js";
import { UserError } from "../errors.js";
import type { Objective } from "../objectives/objective.js";
import type { Tensors } from "../runtime/session.js";
import { detectionTargets } from "./detection-targets.js";
import type { TrainingRecognizer } from "./frozen-recognizers.js";
import { LABEL_MAPS, LABELS, targetNames } from "./label-inputs.js";

/** A pixel whose class is not known. */
const IGNORED = 255;

/**
 * The labels of a batch as the inputs of a training step: classes of images and of pixels, and the targets of grid detectors.
 * @param crop side of the clean images in pixels
 * @throws UserError when a label map has a class that a segmenter does not predict.
 */
export function labelFeeds(
  { labels, labelMaps, boxes }: Pick<Batch, "labels" | "labelMaps" | "boxes">,
  { needsLabels }: Objective,
  recognizers: readonly Pick<TrainingRecognizer, "kind" | "graph" | "model">[],
  crop: number,
): Tensors {
  const feeds: Record<string, Tensors[string]> = { [LABELS]: { type: "int64", shape: [labels.length], data: labels } };
  if (!needsLabels) return feeds;
  if (labelMaps) {
    for (const recognizer of recognizers) requireClassesOf(labelMaps, recognizer);
    const shape = [labels.length, crop, crop];
    feeds[LABEL_MAPS] = { type: "int64", shape, data: BigInt64Array.from(labelMaps, BigInt) };
  }
  for (const [i, { kind, graph }] of recognizers.entries()) {
    if (kind !== "grid") continue;
    const [, classes = 0, cells = 0] = (graph.outputs[0]?.shape ?? []) as readonly number[];
    const targets = detectionTargets(boxes, { classes, cells, side: crop });
    const names = targetNames(i);
    for (const part of ["heatmap", "box", "weight"] as const) feeds[names[part]] = targets[part];
  }
  return feeds;
}

/** @throws UserError when a pixel has a class that the segmenter does not predict. */
function requireClassesOf(
  maps: Uint8Array,
  { kind, graph, model }: Pick<TrainingRecognizer, "kind" | "graph" | "model">,
) {
  if (kind !== "positions") return;
  const classes = Number(graph.outputs[0]?.shape?.[1]);
  const strange = maps.find((label) => label >= classes && label !== IGNORED);
  if (strange === undefined) return;
  throw new UserError(
    `cannot train with ${model.name}: a label map has the class ${strange}, but ${model.name} has ${classes} classes, from 0; ` +
      `${IGNORED} marks pixels without a class`,
  );
}
