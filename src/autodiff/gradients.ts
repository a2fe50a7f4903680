import { UserError } from "../errors.js";
import { GraphBuilder } from "../onnx/builder.js";
import { type Graph, type Node, titleOf, valuesReadBy } from "../onnx/graph.js";
import type { Tensor } from "../onnx/tensor.js";
import { noGradient, type Rule, type RuleContext } from "./rule.js";
import { rules } from "./rules/index.js";

/** A graph that also computes gradients. */
export interface Differentiated {
  /** The graph with the nodes of the gradients behind its own. Its outputs are unchanged. */
  readonly graph: Graph;
  /** Name of d loss / d value for every value that was asked for; null where the loss does not depend on it. */
  readonly gradients: ReadonlyMap<string, string | null>;
}

/** Something in the way of a gradient. */
export interface Obstacle {
  readonly node: Node;
  /** Titles of the nodes from the loss down to the obstacle. */
  readonly path: readonly string[];
}

/**
 * Reverse-mode differentiation as a transform from graph to graph: d loss / d value for each value in `wrt`, made of
 * standard ONNX operators.
 * @param loss a value of the graph; when it is not a scalar, the gradient is that of its sum.
 * @param shapes of every value of the graph (`probe` reads them from the runtime).
 * @throws UserError that names the operator, the node and the path from the loss when an operator has no rule.
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
    const parts = pending.get(value) ?? [];
    const sum = parts.length > 1 ? b.Sum(parts) : (parts[0] ?? null);
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
      if (grad && input && depends.has(input)) pending.set(input, [...(pending.get(input) ?? []), grad]);
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
  return {
    b,
    node,
    inputs: padded(node.inputs),
    outputs: padded(node.outputs),
    grads: padded(node.outputs.map((output) => total(output) ?? zerosLike(output))),
    needsGrad: node.inputs.map((input) => depends.has(input)),
    shape: (value) => shapeIn(shapes, value),
    constant: (value) => constantIn(graph, node, value),
    known: (value) => graph.initializers.get(value) ?? null,
  };
}

const padded = (values: readonly string[]) => [...values, "", "", "", "", ""] as unknown as RuleContext["inputs"];

function constantIn(graph: Graph, node: Node, value: string): Tensor {
  const tensor = graph.initializers.get(value);
  if (tensor) return tensor;
  throw new UserError(
    `cannot differentiate ${graph.name}: ${node.op} "${titleOf(node)}" computes its argument "${value}" from the data, ` +
      "and its gradient needs a constant there",
  );
}

/** Every value that depends on one of `sources` by way of operators that pass a gradient. */
export function dependents(graph: Graph, sources: readonly string[]): Set<string> {
  const found = new Set(sources);
  for (const node of graph.nodes) {
    if (ruleFor(node) === noGradient || !valuesReadBy(node).some((input) => found.has(input))) continue;
    for (const output of node.outputs) if (output) found.add(output);
  }
  return found;
}

/** Every node without a gradient rule between the loss and what a gradient is wanted for; empty when all is well. */
export function obstacles(graph: Graph, loss: string, wrt: readonly string[]): Obstacle[] {
  const depends = dependents(graph, wrt);
  const paths = new Map<string, readonly string[]>([[loss, []]]);
  const found: Obstacle[] = [];
  for (const node of graph.nodes.toReversed()) {
    const reached = node.outputs.find((output) => paths.has(output));
    if (reached === undefined || !valuesReadBy(node).some((input) => depends.has(input))) continue;
    const path = [...(paths.get(reached) ?? []), titleOf(node)];
    const rule = ruleFor(node);
    if (!rule) found.push({ node, path });
    if (rule === noGradient) continue;
    for (const input of node.inputs) if (depends.has(input) && !paths.has(input)) paths.set(input, path);
  }
  return found;
}

/** An obstacle in words: the operator, its node and the last part of the path from the loss. */
export function describeObstacle({ node, path }: Obstacle): string {
  const way = path.slice(0, -1).slice(-3);
  const through = way.length > 0 ? ` through ${way.map((title) => `"${title}"`).join(", ")}` : "";
  const operator = node.domain ? `${node.domain}.${node.op}` : node.op;
  return `the operator ${operator} (node "${titleOf(node)}", reached from the loss${through}) has no gradient`;
}
