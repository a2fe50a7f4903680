import type { GraphBuilder } from "../onnx/builder.js";
import type { Distance } from "./distances.js";

/** A frozen recognizer R as an objective sees it. */
export interface FrozenRecognizer {
  /** Factor of its loss among those of several recognizers. */
  readonly weight: number;
  /** The shape of what `output` returns, [N, numbers]; empty where only values inside are read. */
  readonly outputShape: readonly number[];
  /** What it makes of images of the restored ones' size: class scores, an embedding. */
  output(images: string): string;
  /** The values inside it that are compared, for images of that size; the first axis of each is the batch. */
  features(images: string): readonly string[];
}

/** What an objective can draw on: values of the training graph. What is asked for by a call is declared by that call. */
export interface ObjectiveContext {
  readonly b: GraphBuilder;
  /** P(x): [N, 3, H, W] in about [0, 1]. */
  readonly restored: string;
  /** y, of the same shape. */
  readonly clean: string;
  /** The image loss of P(x) against y: a scalar. */
  readonly image: string;
  /** t: int64 [N]. */
  labels(): string;
  /** λ: a scalar, an input because it may change from step to step. */
  lambda(): string;
  /** T(images), T being a second processor of scale 1. Once only. */
  transform(images: string): string;
  /** One or more where the objective reads something of R. */
  readonly recognizers: readonly FrozenRecognizer[];
  readonly distance: Distance;
  /** How much the distance of values inside R counts beside the loss of its output; 0: not at all. */
  readonly featureWeight: number;
}

/** What is minimized, and its named parts for the log: all scalars. */
export interface Losses {
  /** What P learns from. */
  readonly processor: string;
  /** What T learns from, and nothing else does. */
  readonly transformer?: string;
  readonly parts: Readonly<Record<string, string>>;
}

/** A way of training: puts P, R and the losses together. */
export interface Objective {
  readonly name: string;
  /** One line for the help text. */
  readonly summary: string;
  /**
   * What it reads of R: class scores [N, classes], one output of any kind [N, numbers], values inside; null without R.
   * Where it is an output, `featureWeight` may add values inside.
   */
  readonly reads: "scores" | "output" | "features" | null;
  readonly needsLabels: boolean;
  /** Whether it puts T between P and R. */
  readonly transforms: boolean;
  /** λ where none is given; null where that is the distance's. */
  readonly defaultLambda: number | null;
  losses(context: ObjectiveContext): Losses;
}

/** Whether it reads what R puts out, beside which values inside may count too. */
export const readsOutput = ({ reads }: Objective): boolean => reads === "scores" || reads === "output";
