import { UserError } from "../errors.js";
import type { Dim, Graph } from "../onnx/graph.js";
import { cardOf } from "../processors/card.js";

/** The error for a processor that is given as a recognizer. */
export const processorGiven = (path: string): UserError =>
  new UserError(
    `cannot use ${path} as a recognizer: it is a processor, because its output is an image; expected a classifier or ` +
      "another network that outputs scores or features for an image",
  );

/** @throws UserError when the file is a processor that Legible trained. */
export function requireNoCard(path: string, model: Graph): void {
  if (cardOf(model)) throw processorGiven(path);
}

/** Whether a model declares one output that is an image, which has three channels: [N, 3, height, width] or channels last. */
export function returnsImage({ outputs }: Graph): boolean {
  const [output, ...others] = outputs;
  return others.length === 0 && isImage(output?.shape ?? []);
}

/** Whether a shape is that of images with three channels and more than a pixel, in either layout. */
export const isImage = ([, a, b, c, ...rest]: readonly Dim[]): boolean =>
  rest.length === 0 && c !== undefined && ((a === 3 && b !== 1 && c !== 1) || (c === 3 && a !== 1 && b !== 1));

/** The part of a message about a network that returns an image where scores are expected. */
export const LIKE_PROCESSOR = ", but an image, as that of a processor; a recognizer is expected";
