import { dependents, describeObstacle, obstacles } from "../autodiff/gradients.js";
import { kindOf } from "../autodiff/operators.js";
import { type Graph, type Node, subgraphsOf, titleOf } from "../onnx/graph.js";

/** An operator that a gradient would have to pass and cannot. */
export interface MissingRule {
  /** Title of the node. */
  readonly node: string;
  /** Titles of the nodes from the output down to this one. */
  readonly path: readonly string[];
  /** The output from which it was reached first. */
  readonly output: string;
  /** All of this in words, as training would say it. */
  readonly reason: string;
}

export interface OperatorUse {
  readonly op: string;
  /** "" for standard ONNX. */
  readonly domain: string;
  /** How many nodes, those inside other nodes included. */
  readonly count: number;
  /**
   * - `differentiable`: passes the gradient on;
   * - `missing`: a gradient has to pass and there is no rule for it;
   * - `flat`: no gradient passes by nature (shapes, comparisons, positions);
   * - `aside`: not between an output and an input, so that it does not matter.
   */
  readonly status: "differentiable" | "missing" | "flat" | "aside";
  readonly missing: readonly MissingRule[];
}

/**
 * Every operator of a graph, the most frequent first.
 * @param folded the graph as a probe leaves it, without what depends on sizes alone: its gradients are asked about
 * @param outputs values that a loss may look at
 * @param inputs values that the gradients lead to
 */
export function operatorsOf(
  graph: Graph,
  folded: Graph,
  outputs: readonly string[],
  inputs: readonly string[],
): OperatorUse[] {
  const counts = new Map<string, { node: Node; count: number }>();
  for (const node of allNodes(graph)) {
    const entry = counts.get(keyOf(node)) ?? { node, count: 0 };
    counts.set(keyOf(node), { node, count: entry.count + 1 });
  }
  const between = new Set(nodesBetween(folded, outputs, inputs).map(keyOf));
  const missing = missingRules(folded, outputs, inputs);
  const uses = [...counts].map(([key, { node, count }]) => {
    const own = missing.get(key) ?? [];
    const status = own.length > 0 ? "missing" : isFlat(node) ? "flat" : between.has(key) ? "differentiable" : "aside";
    return { op: node.op, domain: node.domain, count, status, missing: own } as const;
  });
  return uses.sort((a, b) => b.count - a.count || a.op.localeCompare(b.op));
}

const keyOf = ({ domain, op }: Node): string => `${domain}:${op}`;
const isFlat = ({ domain, op }: Node): boolean => domain === "" && kindOf(op) === "flat";
const allNodes = ({ nodes }: Graph): Node[] =>
  nodes.flatMap((node) => [node, ...subgraphsOf(node).flatMap((inner) => allNodes(inner))]);

/** The nodes that a gradient passes from the outputs to the inputs. */
function nodesBetween(graph: Graph, outputs: readonly string[], inputs: readonly string[]): Node[] {
  const depends = dependents(graph, inputs);
  const reached = new Set(outputs);
  return graph.nodes.toReversed().filter((node) => {
    const sources = node.inputs.filter((input) => depends.has(input));
    if (isFlat(node) || sources.length === 0 || !node.outputs.some((output) => reached.has(output))) return false;
    for (const source of sources) reached.add(source);
    return true;
  });
}

function missingRules(graph: Graph, outputs: readonly string[], inputs: readonly string[]) {
  const found = new Map<string, MissingRule[]>();
  const seen = new Set<Node>();
  for (const output of outputs)
    for (const obstacle of obstacles(graph, output, inputs)) {
      if (seen.has(obstacle.node)) continue;
      seen.add(obstacle.node);
      const key = keyOf(obstacle.node);
      const { node, path } = obstacle;
      const rule = { node: titleOf(node), path, output, reason: describeObstacle(obstacle) };
      found.set(key, [...(found.get(key) ?? []), rule]);
    }
  return found;
}
