import type { GraphBuilder } from "../onnx/builder.js";

/** Crops `x` [N, C, h, w] from the top left corner to the height and width of `like` [N, C', H, W]. */
export function croppedLike(b: GraphBuilder, x: string, like: string): string {
  const size = b.Slice(b.Shape(like), [0], [2], [4]);
  return b.add("Slice", [x, b.integers([0, 0]), size, b.integers([2, 3])]);
}
