import { UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import { type ProbeOptions, probe } from "../runtime/probe.js";
import type { Device } from "../runtime/session.js";
import { blockSize } from "./block-size.js";
import { blockedLayout } from "./blocked-layout.js";
import { fastShuffle } from "./fast-shuffle.js";
import { fastTransposition } from "./fast-transposition.js";
import { foldNormalization } from "./fold-normalization.js";
import { microBatching } from "./micro-batching.js";
import { narrowConvolution } from "./narrow-convolution.js";
import { parallelOperators } from "./parallel-operators.js";
import type { Pass } from "./pass.js";
import { pixelShuffle } from "./pixel-shuffle.js";
import { prelu } from "./prelu.js";

/** Every pass, in the order of application. */
export const passes: readonly Pass[] = [
  foldNormalization,
  pixelShuffle,
  microBatching,
  prelu,
  narrowConvolution,
  blockedLayout,
  fastShuffle,
  fastTransposition,
  parallelOperators,
];

/**
 * The passes of a setting `passes`, except for those that the device does not support.
 * @param names "all", "none", or comma-separated names.
 * @throws UserError for an unknown name.
 */
export function findPasses(names: string, device: Device): readonly Pass[] {
  const supported = passes.filter(({ cpuOnly }) => device === "cpu" || !cpuOnly);
  if (names === "all") return supported;
  const chosen = names === "none" ? [] : names.split(",");
  const unknown = chosen.find((name) => !passes.some((pass) => pass.name === name));
  if (unknown !== undefined)
    throw new UserError(
      `unknown pass "${unknown}" in \`passes\`: use "all", "none", or some of ${passes.map(({ name }) => name).join(", ")}`,
    );
  return supported.filter(({ name }) => chosen.includes(name));
}

/**
 * Applies the passes of one stage. The result computes the same, up to rounding.
 * @param graph with fixed sizes of its inputs.
 * @param stage "forward" before differentiation, "step" for the whole step.
 * @param trial shapes that are known, and inputs for a graph whose sizes depend on values; see `probe`.
 * @throws UserError if the runtime cannot run the graph.
 */
export async function applyPasses(
  graph: Graph,
  chosen: readonly Pass[],
  stage: Pass["stage"],
  trial: Pick<ProbeOptions, "inputs" | "once" | "known"> = {},
): Promise<Graph> {
  const due = chosen.filter((pass) => pass.stage === stage);
  if (due.length === 0) return graph;
  const block = await blockSize();
  // A forward graph may not have run with its sizes yet; a step derives from a graph that has.
  let { graph: current, shapes } = await probe(graph, { ...trial, runs: stage === "step" });
  for (const [i, pass] of due.entries()) {
    const rewritten = pass.apply(current, { shapes, block });
    if (i === due.length - 1) return rewritten;
    if (rewritten !== current)
      ({ graph: current, shapes } = await probe(rewritten, { ...trial, runs: true, known: shapes }));
  }
  return current;
}
