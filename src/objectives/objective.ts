import type { GraphBuilder } from "../onnx/builder.js";
import type { DetectionTargets } from "./detection-loss.js";
import type { Distance } from "./distances.js";
import type { ShapedValue } from "./losses.js";

/**
 * What a recognizer outputs: "scores", class scores [N, classes] or another row of numbers for each image; "positions", class
 * scores [N, classes, height, width] of each position, as a segmenter; "heads", the raw heads of a detector; "grid", the heatmap
 * and the boxes of a grid detector, whose loss with labels is known (`detectionLoss`).
 */
export type OutputKind = "scores" | "positions" | "heads" | "grid";

/** Whether a recognizer of this kind is a detector. */
export const isDetector = (kind: OutputKind): boolean => kind === "heads" || kind === "grid";

/** A frozen recognizer R in the training graph. */
export interface FrozenRecognizer {
  /** Factor on this recognizer's loss in the sum over all recognizers. */
  readonly weight: number;
  readonly kind: OutputKind;
  /** The shape of each of `outputs`; empty when only features are read. */
  readonly outputShapes: readonly (readonly number[])[];
  /** R's outputs for images of the restored images' size: several raw heads of a detector, otherwise one. */
  outputs(images: string): readonly string[];
  /** The features of R that are compared, for images of that size. The first axis of each is the batch. */
  features(images: string): readonly string[];
  /** Of the kind "grid": what it should output for the images, from their boxes. */
  targets(): DetectionTargets;
}

/** Values of the training graph that an objective can use. The methods add their value to the graph when first called. */
export interface ObjectiveContext {
  readonly b: GraphBuilder;
  /** P(x), the restored images: [N, 3, H, W], approximately in [0, 1]. */
  readonly restored: string;
  /** y, the original images: the same shape, in [0, 1]. */
  readonly clean: string;
  /** The image loss between P(x) and y, with that of the lattice: a scalar. */
  readonly image: string;
  /** t, the class labels: int64 [N]. */
  labels(): string;
  /** The class of each pixel of the images: int64 [N, H, W], 255 where it is ignored. */
  labelMaps(): ShapedValue;
  /** λ: a scalar input, because it can change between steps. */
  lambda(): string;
  /** T(images), where T is a second processor of scale 1. Can be called only once. */
  transform(images: string): string;
  /** At least one if the objective reads anything of R. */
  readonly recognizers: readonly FrozenRecognizer[];
  readonly distance: Distance;
  /** Factor on the feature distance that is added to the loss of R's output; 0 disables it. */
  readonly featureWeight: number;
  /** Factor on mean((T(P(x)) - P(x))²) in the loss of T; 0 disables it. */
  readonly transformerWeight: number;
  /** The lattice loss between images and y, a scalar; undefined if `latticeWeight` is 0. */
  lattice(images: string): string | undefined;
  /** Factor on the lattice loss of P, which `image` includes, and on that of T. */
  readonly latticeWeight: number;
}

/** The minimized losses and their named parts for the log. All are scalars. */
export interface Losses {
  /** The loss that P minimizes. */
  readonly processor: string;
  /** The loss that T alone minimizes. */
  readonly transformer?: string;
  readonly parts: Readonly<Record<string, string>>;
}

/** A training objective: combines the outputs of P and R into losses. */
export interface Objective {
  readonly name: string;
  /** One line for the help text. */
  readonly summary: string;
  /**
   * What the objective reads of R: class scores, any output, or features; null if it does not use R. If it reads an output,
   * `featureWeight` can add the features.
   */
  readonly reads: "scores" | "output" | "features" | null;
  readonly needsLabels: boolean;
  /** Whether a transformer T processes P(x) before R. */
  readonly transforms: boolean;
  /** Default λ; null if the distance determines it. */
  readonly defaultLambda: number | null;
  /** Adds the losses to the training graph. */
  losses(context: ObjectiveContext): Losses;
}

/** Whether the objective reads R's output, to whose loss `featureWeight` can add the feature distance. */
export const readsOutput = ({ reads }: Objective): boolean => reads === "scores" || reads === "output";

/** Whether the objective uses a recognizer R. */
export const readsRecognizer = ({ reads }: Objective): boolean => reads !== null;

/** Whether the objective compares only features of R. */
export const readsFeatures = ({ reads }: Objective): boolean => reads === "features";

/** Whether the objective compares outputs of R by `context.distance`. */
export const readsDistance = ({ defaultLambda }: Objective): boolean => defaultLambda === null;

/** Whether the objective needs a transformer T. */
export const readsTransformer = ({ transforms }: Objective): boolean => transforms;
