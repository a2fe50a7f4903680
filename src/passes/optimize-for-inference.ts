import type { Graph } from "../onnx/graph.js";
import { passes } from "./index.js";
import type { Pass } from "./pass.js";

/** Blocks that the runtime keeps on the widest processors; whole blocks of them are whole blocks of any narrower one. */
const BLOCK = 16;

/** The rewrites that serve pictures of any size: they look at weights alone and give standard operators. */
export const shapeFree: readonly Pass[] = passes.filter(({ needsShapes }) => !needsShapes);

/**
 * A network in the form that infers fastest: the same inputs and outputs, sizes left open, standard operators. It computes
 * the same, up to rounding, but is no longer meant to be trained: weights are folded into each other.
 */
export function optimizeForInference(graph: Graph): Graph {
  const shapes = new Map([...graph.initializers].map(([name, { shape }]) => [name, shape]));
  return shapeFree.reduce((rewritten, { apply }) => apply(rewritten, { shapes, block: BLOCK }), graph);
}
