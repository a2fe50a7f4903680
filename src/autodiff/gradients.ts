import { UserError } from "../errors.js";
import { GraphBuilder } from "../onnx/builder.js";
import { type Graph, type Node, titleOf, valuesReadBy } from "../onnx/graph.js";
import { computedFrom } from "../onnx/uses.js";
import type { Rule, RuleContext } from "./rule.js";
import { rules } from "./rules/index.js";

/** A graph that also computes gradients. */
export interface Differentiated {
  /** The graph, followed by the nodes of the gradients. Its outputs are unchanged. */
  readonly graph: Graph;
  /** The name of d loss / d value for every value of `wrt`; null if the loss does not depend on it. */
  readonly gradients: ReadonlyMap<string, string | null>;
}

/** A node that blocks a gradient because its operator has no rule. */
export interface Obstacle {
  readonly node: Node;
  /** Titles of the nodes on the path from the loss to the obstacle, which is the last one. */
  readonly path: readonly string[];
}

/**
 * Reverse-mode automatic differentiation as a transformation of graphs: adds nodes of standard ONNX operators that compute
 * d loss / d value for each value in `wrt`.
 * @param loss a value of the graph; if it is not a scalar, the gradients are those of the sum of its elements.
 * @param shapes the shape of every value of the graph (`probe` reads them from the runtime).
 * @throws UserError if an operator between the loss and `wrt` has no rule, with the node and its path from the loss; and if
 *   a node is outside the limits of its rule.
 */
export function gradients(
  graph: Graph,
  loss: string,
  wrt: readonly string[],
  shapes: ReadonlyMap<string, readonly number[]>,
): Differentiated {
  const obstacle = obstacles(graph, loss, wrt)[0];
  if (obstacle) throw new UserError(`cannot differentiate ${graph.name}: ${describeObstacle(obstacle)}`);
  const b = GraphBuilder.from({ ...graph, outputs: [] });
  const depends = dependents(graph, wrt);
  const pending = new Map<string, string[]>([[loss, [b.filled(1, shapeIn(shapes, loss))]]]);
  const total = (value: string): string | null => {
    const terms = pending.get(value) ?? [];
    const sum = terms.length > 1 ? b.Sum(terms) : (terms[0] ?? null);
    if (sum) pending.set(value, [sum]);
    return sum;
  };
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => pending.has(output)) || !node.inputs.some((input) => depends.has(input)))
      continue;
    const context = ruleContext(b, graph, node, depends, total, shapes);
    const grads = ruleFor(node)?.(context) ?? [];
    for (const [i, grad] of grads.entries()) {
      const input = node.inputs[i];
      if (!grad || !input || !depends.has(input)) continue;
      const terms = pending.get(input);
      if (terms) terms.push(grad);
      else pending.set(input, [grad]);
    }
  }
  const found = new Map(wrt.map((value) => [value, total(value)]));
  for (const output of graph.outputs) b.output(output.name, output.name);
  for (const grad of new Set(found.values())) if (grad) b.output(grad, grad);
  return { graph: { ...b.build(graph.metadata), outputs: graph.outputs }, gradients: found };
}

const ruleFor = (node: Node): Rule | undefined =>
  node.domain === "" && Object.hasOwn(rules, node.op) ? rules[node.op] : undefined;

function shapeIn(shapes: ReadonlyMap<string, readonly number[]>, value: string): readonly number[] {
  const shape = shapes.get(value);
  if (!shape) throw new Error(`the shape of "${value}" is not known`);
  return shape;
}

function ruleContext(
  b: GraphBuilder,
  graph: Graph,
  node: Node,
  depends: ReadonlySet<string>,
  total: (value: string) => string | null,
  shapes: ReadonlyMap<string, readonly number[]>,
): RuleContext {
  const zerosLike = (value: string) => (value ? b.filled(0, shapeIn(shapes, value)) : "");
  const refuse = (why: string) => refusal(graph, node, why);
  return {
    b,
    node,
    inputs: padded(node.inputs),
    outputs: padded(node.outputs),
    grads: padded(node.outputs.map((output) => total(output) ?? zerosLike(output))),
    reached: node.outputs.map((output) => total(output) !== null),
    needsGrad: node.inputs.map((input) => depends.has(input)),
    shape: (value) => shapeIn(shapes, value),
    constant: (value) => {
      const tensor = graph.initializers.get(value);
      if (!tensor) throw refuse(`computes its input "${value}" from data; its gradient needs a constant`);
      return tensor;
    },
    known: (value) => graph.initializers.get(value) ?? null,
    refuse,
  };
}

const padded = (values: readonly string[]) => [...values, "", "", "", "", ""] as unknown as RuleContext["inputs"];

/** The error for a node outside the limits of its rule. */
function refusal(graph: Graph, node: Node, why: string): UserError {
  const limits = ruleFor(node)?.limits;
  const covered = limits ? ` (limits of the gradient of ${node.op}: ${limits})` : "";
  return new UserError(`cannot differentiate ${graph.name}: ${node.op} "${titleOf(node)}" ${why}${covered}`);
}

/** The sources, and every value that depends on them through operators that are not flat. */
export const dependents = (graph: Graph, sources: readonly string[]): Set<string> =>
  computedFrom(graph, sources, (node) => !ruleFor(node)?.isFlat);

/** Every node without a gradient rule between the loss and the values of `wrt`. */
export function obstacles(graph: Graph, loss: string, wrt: readonly string[]): Obstacle[] {
  const depends = dependents(graph, wrt);
  /** For each value between the loss and `wrt`, the node through which the walk from the loss reached it. */
  const reachedBy = new Map<string, Node | null>([[loss, null]]);
  const pathTo = (node: Node): string[] => {
    const path: string[] = [];
    for (let next: Node | null = node; next; next = reachedBy.get(reachedOutput(next) ?? "") ?? null)
      path.push(titleOf(next));
    return path.reverse();
  };
  const reachedOutput = ({ outputs }: Node) => outputs.find((output) => reachedBy.has(output));
  const found: Obstacle[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (reachedOutput(node) === undefined || !valuesReadBy(node).some((input) => depends.has(input))) continue;
    const rule = ruleFor(node);
    if (!rule) found.push({ node, path: pathTo(node) });
    if (rule?.isFlat) continue;
    for (const input of node.inputs) if (depends.has(input) && !reachedBy.has(input)) reachedBy.set(input, node);
  }
  return found;
}

/** Describes an obstacle: the operator, its node and the last part of the path from the loss. */
export function describeObstacle({ node, path }: Obstacle): string {
  const last = path.slice(0, -1).slice(-3);
  const through = last.length > 0 ? ` through ${last.map((title) => `"${title}"`).join(", ")}` : "";
  const operator = node.domain ? `${node.domain}.${node.op}` : node.op;
  return `the operator ${operator} (node "${titleOf(node)}", reached from the loss${through}) has no gradient`;
}
