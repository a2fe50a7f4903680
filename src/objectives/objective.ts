import type { GraphBuilder } from "../graph/builder.js";

/** What an objective can draw on: values of the training graph. */
export interface ObjectiveContext {
  readonly b: GraphBuilder;
  /** P(x): [N, 3, H, W] in about [0, 1]. */
  readonly restored: string;
  /** y, of the same shape. */
  readonly clean: string;
  /** t: int64 [N]. Declared as an input only when an objective asks for it. */
  labels(): string;
  /** R's logits [N, classes] for images of the restored ones' size. */
  recognize(images: string): string;
  readonly classes: number;
  readonly lambda: number;
}

/** The loss that is minimized, and its named parts for the log: all scalars. */
export interface Losses {
  readonly total: string;
  readonly parts: Readonly<Record<string, string>>;
}

/** A way of training: puts P, R and the losses together. */
export interface Objective {
  readonly name: string;
  /** One line for the help text. */
  readonly summary: string;
  readonly needsRecognizer: boolean;
  readonly needsLabels: boolean;
  /** λ where none is given. */
  readonly defaultLambda: number;
  losses(context: ObjectiveContext): Losses;
}
