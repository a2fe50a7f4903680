import { nodesBetween } from "../autodiff/flow.js";
import { describeObstacle, obstacles } from "../autodiff/gradients.js";
import { kindOf, replacedOnReading } from "../autodiff/operators.js";
import { type Graph, type Node, subgraphsOf, titleOf } from "../onnx/graph.js";

/** A node without a gradient rule on the path from an output to an input. */
export interface MissingRule {
  /** Title of the node. */
  readonly node: string;
  /** Titles of the nodes from the output down to this one. */
  readonly path: readonly string[];
  /** The output whose path reaches it first. */
  readonly output: string;
  /** The error message of training on this node. */
  readonly reason: string;
}

export interface OperatorUse {
  readonly op: string;
  /** "" for standard ONNX. */
  readonly domain: string;
  /** Number of nodes, including those in subgraphs. */
  readonly count: number;
  /**
   * - `differentiable`: on a path from an output to an input, with a gradient rule, or replaced by operators that have one;
   * - `missing`: on such a path, without a rule;
   * - `flat`: its gradient is zero or undefined by nature (shapes, comparisons, indices);
   * - `off-path`: on no such path, so that it needs no rule.
   */
  readonly status: "differentiable" | "missing" | "flat" | "off-path";
  readonly missing: readonly MissingRule[];
}

/**
 * Every operator of a graph, the most frequent first.
 * @param folded the graph after `probe`, in which values that depend on shapes alone are constants; its paths are examined.
 * @param outputs values that a loss can be computed from.
 * @param inputs values to differentiate with respect to.
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
  const left = new Set(folded.nodes.map(keyOf));
  const replaced = nodesBetween(graph, outputs, inputs).filter((node) => isReplaced(node) && !left.has(keyOf(node)));
  const between = new Set([...nodesBetween(folded, outputs, inputs), ...replaced].map(keyOf));
  const missing = missingRules(folded, outputs, inputs);
  const uses = [...counts].map(([key, { node, count }]) => {
    const own = missing.get(key) ?? [];
    const status =
      own.length > 0 ? "missing" : isFlat(node) ? "flat" : between.has(key) ? "differentiable" : "off-path";
    return { op: node.op, domain: node.domain, count, status, missing: own } as const;
  });
  return uses.sort((a, b) => b.count - a.count || a.op.localeCompare(b.op));
}

const keyOf = ({ domain, op }: Node): string => `${domain}:${op}`;
const isReplaced = ({ domain, op }: Node): boolean => domain === "" && Object.hasOwn(replacedOnReading, op);
const isFlat = ({ domain, op }: Node): boolean => domain === "" && kindOf(op) === "flat";
const allNodes = ({ nodes }: Graph): Node[] =>
  nodes.flatMap((node) => [node, ...subgraphsOf(node).flatMap((inner) => allNodes(inner))]);

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
