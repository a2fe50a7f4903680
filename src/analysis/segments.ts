import { setImmediate } from "node:timers/promises";
import { readItem } from "../data/item.js";
import { evaluationCrop } from "../data/samples.js";
import type { Task } from "../data/task.js";
import { SEED } from "../evaluation/samples.js";
import type { Image } from "../images/image.js";
import { resize } from "../images/resize.js";
import type { Processor } from "../processors/processor.js";
import { randomAt } from "../random.js";
import { IMAGES_AT_ONCE } from "./distances.js";
import { type AnalyzedImage, planarOf } from "./images.js";
import { joined } from "./nearest-boundary.js";
import { type Differentiable, predictedClasses, type Scorer } from "./scoring.js";
import { cosine, grayLevels, norm } from "./vectors.js";

/** How a recognizer's prediction changes along the segment from one processor's image to another's. */
export interface SegmentPrediction {
  /** The classes predicted at both ends. */
  readonly from: number;
  readonly to: number;
  /** The first point, as a share of the segment, with another class than at its start; null: the same class at all points. */
  readonly change: number | null;
  /**
   * The cosine of the change of the image with the direction that lowers the recognizer's loss: the negative gradient of the
   * cross-entropy with the image's label, at the start; null if one of them is zero.
   */
  readonly cosine: number | null;
}

/** The segment from the image of the first processor to that of another, for one image. */
export interface MeasuredSegment {
  readonly file: string;
  readonly label: number;
  /** The names of the processors. */
  readonly from: string;
  readonly to: string;
  /** Length of the segment: root-mean-square change in gray levels. */
  readonly length: number;
  /** By recognizer. */
  readonly recognizers: Readonly<Record<string, SegmentPrediction>>;
}

export interface SegmentOptions {
  readonly task: Task;
  readonly signal?: AbortSignal;
  onProgress?(done: number): void;
}

/** Parts of a segment whose ends are compared; the part with the first change is divided into as many parts again. */
const PARTS = 16;

/**
 * Restores images that the task degraded, and follows the predictions of recognizers from the image of the first processor to
 * that of each other one. Restored images are the 8-bit images that would be saved.
 * @throws UserError when a processor does not fit the task.
 */
export async function measureSegments(
  images: readonly AnalyzedImage[],
  processors: readonly Processor[],
  recognizers: readonly Differentiable[],
  { task, signal, onProgress }: SegmentOptions,
): Promise<MeasuredSegment[]> {
  const measured: MeasuredSegment[] = [];
  for (let first = 0; first < images.length; first += IMAGES_AT_ONCE) {
    const chunk = images.slice(first, first + IMAGES_AT_ONCE);
    const restored: Float32Array[][] = [];
    for (const [i, image] of chunk.entries()) {
      await setImmediate(); // lets an interruption arrive
      signal?.throwIfAborted();
      restored.push(await restoredBy(processors, image, task, first + i));
    }
    const labels = chunk.map(({ label }) => label);
    const starts = joined(restored.map(([start]) => start as Float32Array));
    const directions = new Map<string, Float32Array>();
    for (const recognizer of recognizers)
      directions.set(recognizer.name, await recognizer.lossDirections(starts, labels));
    for (const [i, { file, label }] of chunk.entries()) {
      const [start, ...ends] = restored[i] as [Float32Array, ...Float32Array[]];
      for (const [k, end] of ends.entries()) {
        await setImmediate(); // lets an interruption arrive
        signal?.throwIfAborted();
        const change = end.map((value, j) => value - (start[j] as number));
        const predictions: [string, SegmentPrediction][] = [];
        for (const recognizer of recognizers) {
          const all = directions.get(recognizer.name) as Float32Array;
          const along = cosine(change, all.subarray(i * start.length, (i + 1) * start.length));
          const found = await followed(recognizer, start, change);
          predictions.push([recognizer.name, { ...found, cosine: along === null ? null : -along }]);
        }
        const names = { from: processors[0]?.name as string, to: processors[k + 1]?.name as string };
        const length = grayLevels(norm(change), change.length);
        measured.push({ file, label, ...names, length, recognizers: Object.fromEntries(predictions) });
      }
      onProgress?.(first + i + 1);
    }
  }
  return measured;
}

/**
 * The degraded image as each processor restores it, at the side of the analysis.
 * @param index the number of the image, which decides the random part of the degradation as in an evaluation.
 */
async function restoredBy(
  processors: readonly Processor[],
  { item, image }: AnalyzedImage,
  task: Task,
  index: number,
): Promise<Float32Array[]> {
  const degraded = await task.degrade(evaluationCrop(await readItem(item), task.scale), randomAt(SEED, index));
  const restored: Float32Array[] = [];
  for (const processor of processors) {
    const [result] = await processor.restore([degraded], task);
    restored.push(planarOf(resize(result as Image, image.width, image.height, "bilinear")));
  }
  return restored;
}

/** The predictions along a segment. */
async function followed(scorer: Scorer, start: Float32Array, change: Float32Array) {
  const classesAt = async (shares: readonly number[]) => {
    const points = shares.map((share) => start.map((value, i) => value + share * (change[i] as number)));
    return predictedClasses(await scorer.scores(joined(points)), scorer.classes);
  };
  const classes = await classesAt(Array.from({ length: PARTS + 1 }, (_, i) => i / PARTS));
  const [from, to] = [classes[0] as number, classes.at(-1) as number];
  const part = classes.findIndex((label) => label !== from) - 1;
  if (part < 0) return { from, to, change: null };
  const inside = Array.from({ length: PARTS - 1 }, (_, i) => (part + (i + 1) / PARTS) / PARTS);
  const changed = (await classesAt(inside)).findIndex((label) => label !== from);
  return { from, to, change: (part + ((changed < 0 ? PARTS - 1 : changed) + 0.5) / PARTS) / PARTS };
}
