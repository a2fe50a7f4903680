import type { Graph } from "../onnx/graph.js";
import { passes } from "./index.js";
import type { Pass } from "./pass.js";

/** The largest block size of the runtime: a multiple of those of all processors. */
const BLOCK = 16;

/** The passes for images of any size: they need only the shapes of weights and add only standard operators. */
export const shapeFree: readonly Pass[] = passes.filter(({ needsShapes }) => !needsShapes);

/**
 * Optimizes a network for inference: same inputs and outputs, open sizes stay open, standard operators only. It computes
 * the same, up to rounding, but is not meant for training, because normalizations are folded into weights.
 */
export function optimizeForInference(graph: Graph): Graph {
  const shapes = new Map([...graph.initializers].map(([name, { shape }]) => [name, shape]));
  return shapeFree.reduce((rewritten, { apply }) => apply(rewritten, { shapes, block: BLOCK }), graph);
}
