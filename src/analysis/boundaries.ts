import type { Dataset } from "../data/dataset.js";
import type { Task } from "../data/task.js";
import { UserError } from "../errors.js";
import type { Processor } from "../processors/processor.js";
import { requireClasses } from "../recognition/classes.js";
import { LossGradientSession } from "../recognition/loss-gradient.js";
import type { RecognizerModel } from "../recognition/model.js";
import { type MeasuredDistances, measureDistances } from "./distances.js";
import { nearestOfOtherClass, readImages, type Unread } from "./images.js";
import type { PlaneKind } from "./measured-planes.js";
import { type MeasuredPlane, measurePlanes } from "./measured-planes.js";
import type { PairMeasures } from "./pair-measures.js";
import { type MeasuredSegment, measureSegments } from "./segments.js";
import type { MeanInterval } from "./statistics.js";
import {
  agreementRows,
  cosineRows,
  type DistanceRow,
  distanceRows,
  fragmentationRows,
  interBoundaryRows,
  recognizerRows,
  type SegmentRow,
  segmentRows,
} from "./summary.js";
import { l2Norm } from "./vectors.js";

/** Settings of an analysis of decision boundaries. */
export interface BoundaryOptions {
  /** At most this many images, spread evenly over the data set. */
  readonly images: number;
  /** Images whose planes are mapped, spread evenly over those. */
  readonly planes: number;
  /** Points in a row and in a column of a plane. */
  readonly grid: number;
  /** How far a plane along a gradient extends on each side, as root-mean-square change in gray levels. */
  readonly extent: number;
  /** The largest distance tried, likewise. */
  readonly maximum: number;
  readonly seed: number;
  readonly threads?: number | undefined;
  /** Processors whose images are compared: each with the first. Default: none. */
  readonly processors?: readonly Processor[];
  /** The task whose degraded images the processors restore. */
  readonly task?: Task;
  readonly signal?: AbortSignal;
  /** @param done images, of `total`, of one part of the analysis. */
  onProgress?(part: BoundaryPart, done: number, total: number): void;
}

/** A part of an analysis. */
export type BoundaryPart = "distances" | "planes" | "segments";

/** The result of an analysis, apart from the prediction of gains. */
export interface Boundaries extends PairMeasures {
  readonly setting: BoundarySetting;
  readonly distances: readonly DistanceRow[];
  readonly fragmentation: readonly (MeanInterval & { readonly kind: PlaneKind; readonly recognizer: string })[];
  readonly segments: readonly SegmentRow[];
  readonly images: readonly MeasuredDistances[];
  readonly planes: readonly MeasuredPlane[];
  readonly segment_images: readonly MeasuredSegment[];
}

export interface BoundarySetting {
  readonly recognizers: readonly string[];
  readonly folders: readonly string[];
  readonly count: number;
  readonly skipped: readonly Unread[];
  /** Side of the images in pixels: the largest input of the recognizers; others resize inside their graph. */
  readonly side: number;
  /** L2 norm, in units of RGB in [0, 1], of a root-mean-square change of one gray level. */
  readonly l2_per_gray_level: number;
  readonly planes: number;
  readonly grid: number;
  readonly extent: number;
  /** First and largest distance tried, in gray levels; the width of the last bracket relative to the distance. */
  readonly first: number;
  readonly maximum: number;
  readonly tolerance: number;
  readonly seed: number;
  readonly task: { readonly name: string; readonly options: Readonly<Record<string, unknown>> } | null;
  readonly processors: readonly string[];
}

/** The first distance tried, as root-mean-square change in gray levels. */
const FIRST = 1 / 2;
const TOLERANCE = 1e-5;

/**
 * Compares the decision boundaries of recognizers on labeled images. The same seed gives the same result.
 * @throws UserError when a recognizer does not know a class, an operator has no gradient, or no image can be read; the signal's
 * reason when it aborts.
 */
export async function boundaries(
  models: readonly RecognizerModel[],
  dataset: Dataset,
  options: BoundaryOptions,
): Promise<Boundaries> {
  const { seed, signal, threads, processors = [], task, onProgress } = options;
  const side = Math.max(...models.map(({ preprocessing }) => preprocessing.size));
  const sessions: LossGradientSession[] = [];
  try {
    for (const model of models) {
      const session = await LossGradientSession.open(model, { side, threads });
      sessions.push(session);
      const { learned, fileOutputs } = model;
      const known = { name: model.name, classes: session.classes, ...(learned && { learned }) };
      requireClasses({ ...known, ...(fileOutputs && { fileOutputs }) }, dataset.items, "compare");
    }
    const { images, skipped } = await readImages(dataset, options.images, side, signal);
    const values = 3 * side ** 2;
    const names = sessions.map(({ name }) => name);
    const search = { first: l2Norm(FIRST, values), maximum: l2Norm(options.maximum, values), tolerance: TOLERANCE };
    const progress = (part: BoundaryPart, total: number) => ({
      ...(signal && { signal }),
      onProgress: (done: number) => onProgress?.(part, done, total),
    });
    const measured = await measureDistances(images, nearestOfOtherClass(images), sessions, {
      ...search,
      seed,
      ...progress("distances", images.length),
    });
    const count = Math.min(options.planes, images.length);
    const planes =
      count === 0
        ? []
        : await measurePlanes(images, sessions, { ...options, planes: count, ...progress("planes", count) });
    if (processors.length > 0 && !task) throw new UserError("`processor` needs the `task` whose images it restores");
    const followed =
      processors.length > 1 && task
        ? await measureSegments(images, processors, sessions, { task, ...progress("segments", images.length) })
        : [];
    return {
      setting: {
        ...{ recognizers: names, folders: dataset.folders, count: images.length, skipped, side },
        ...{ l2_per_gray_level: l2Norm(1, values), planes: count, grid: options.grid, extent: options.extent },
        ...{ first: FIRST, maximum: options.maximum, tolerance: TOLERANCE, seed },
        task: task && processors.length > 1 ? { name: task.name, options: task.options } : null,
        processors: processors.map(({ name }) => name),
      },
      recognizers: recognizerRows(names, measured, seed),
      distances: distanceRows(names, measured, values, seed),
      inter_boundary: interBoundaryRows(names, measured, values, seed),
      gradient_cosine: cosineRows(names, measured, seed),
      agreement: agreementRows(names, planes, seed),
      fragmentation: fragmentationRows(names, planes, seed),
      segments: segmentRows(names, followed, seed),
      ...{ images: measured, planes, segment_images: followed },
    };
  } finally {
    for (const session of sessions) await session.release();
  }
}
