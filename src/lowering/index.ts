import { UserError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import { probe } from "../runtime/probe.js";
import { blockSize } from "./block-size.js";
import { blockedLayout } from "./blocked-layout.js";
import type { Lowering } from "./lowering.js";
import { narrowConvolution } from "./narrow-convolution.js";
import { pixelShuffle } from "./pixel-shuffle.js";
import { prelu } from "./prelu.js";

/** Every rewrite, in the order in which they are applied. */
export const lowerings: readonly Lowering[] = [pixelShuffle, prelu, narrowConvolution, blockedLayout];

/** The rewrites of some names, or all, or none. @throws UserError for an unknown name. */
export function findLowerings(names: readonly string[] | "all" | "none"): readonly Lowering[] {
  if (names === "all") return lowerings;
  if (names === "none") return [];
  const unknown = names.find((name) => !lowerings.some((lowering) => lowering.name === name));
  if (unknown)
    throw new UserError(
      `there is no lowering "${unknown}"; lowerings: ${lowerings.map(({ name }) => name).join(", ")}`,
    );
  return lowerings.filter(({ name }) => names.includes(name));
}

/**
 * The graph in a faster form that computes the same, up to rounding. Its input sizes have to be fixed.
 * @param stage which of the rewrites are due: those before differentiation, or those of the whole step.
 */
export async function lower(graph: Graph, chosen: readonly Lowering[], stage: Lowering["stage"]): Promise<Graph> {
  const due = chosen.filter((lowering) => lowering.stage === stage);
  let lowered = graph;
  for (const lowering of due) {
    const { graph: known, shapes } = await probe(lowered);
    lowered = lowering.apply(known, { shapes, block: await blockSize() });
  }
  return lowered;
}
