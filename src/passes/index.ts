import { UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import { probe } from "../runtime/probe.js";
import type { Device } from "../runtime/session.js";
import { blockSize } from "./block-size.js";
import { blockedLayout } from "./blocked-layout.js";
import { foldNormalization } from "./fold-normalization.js";
import { microBatching } from "./micro-batching.js";
import { narrowConvolution } from "./narrow-convolution.js";
import type { Pass } from "./pass.js";
import { pixelShuffle } from "./pixel-shuffle.js";
import { prelu } from "./prelu.js";

/** Every rewrite, in the order in which they are applied. */
export const passes: readonly Pass[] = [
  foldNormalization,
  pixelShuffle,
  microBatching,
  prelu,
  narrowConvolution,
  blockedLayout,
];

/**
 * The rewrites that `names` asks for ("all", "none", or names with commas between them), as far as the device takes them.
 * @throws UserError for an unknown name.
 */
export function findPasses(names: string, device: Device): readonly Pass[] {
  const fitting = passes.filter(({ cpuOnly }) => device === "cpu" || !cpuOnly);
  if (names === "all") return fitting;
  const asked = names === "none" ? [] : names.split(",");
  const unknown = asked.find((name) => !passes.some((pass) => pass.name === name));
  if (unknown !== undefined)
    throw new UserError(`there is no pass "${unknown}"; passes: ${passes.map(({ name }) => name).join(", ")}`);
  return fitting.filter(({ name }) => asked.includes(name));
}

/**
 * The graph in a faster form that computes the same, up to rounding. Its input sizes have to be fixed.
 * @param stage which of the rewrites are due: those before differentiation, or those of the whole step.
 */
export async function applyPasses(graph: Graph, chosen: readonly Pass[], stage: Pass["stage"]): Promise<Graph> {
  const due = chosen.filter((pass) => pass.stage === stage);
  if (due.length === 0) return graph;
  const block = await blockSize();
  // A forward graph may meet its sizes for the first time; a step is made of one that has run.
  let known = await probe(graph, { runs: stage === "step" });
  for (const [i, pass] of due.entries()) {
    const rewritten = pass.apply(known.graph, { shapes: known.shapes, block });
    if (i === due.length - 1) return rewritten;
    if (rewritten !== known.graph) known = await probe(rewritten, { runs: true });
  }
  return known.graph;
}
