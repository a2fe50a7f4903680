import type { DetectionTargets } from "../objectives/detection-loss.js";
import type { GraphBuilder } from "../onnx/builder.js";

/** Calls a function once and returns its result whenever it is called. */
export function once<Result>(make: () => Result): () => Result {
  let made: { readonly result: Result } | undefined;
  return () => {
    made ??= { result: make() };
    return made.result;
  };
}

/** The inputs that hold the classes of the images and of their pixels. */
export const LABELS = "labels";
export const LABEL_MAPS = "labelMaps";

/** The inputs that hold the targets of a grid detector, the index-th recognizer. */
export const targetNames = (index: number): DetectionTargets => ({
  heatmap: `target${index}.heatmap`,
  box: `target${index}.box`,
  weight: `target${index}.weight`,
});

/** Declares the inputs of these names for a grid detector whose heatmap has this shape. */
export function declareTargets(b: GraphBuilder, heatmap: readonly number[], names: DetectionTargets): DetectionTargets {
  const [batch = 0, , ...cells] = heatmap;
  b.input(names.heatmap, heatmap);
  b.input(names.box, [batch, 4, ...cells]);
  b.input(names.weight, [batch, 1, ...cells]);
  return names;
}
