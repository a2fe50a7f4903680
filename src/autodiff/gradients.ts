import { UserError } from "../errors.js";
import { GraphBuilder } from "../onnx/builder.js";
import { type Graph, type Node, titleOf, valuesReadBy } from "../onnx/graph.js";
import { isInteger } from "../onnx/types.js";
import { dependents, type GradientFlow, gradientFlow, isIntegerOperand, ruleFor } from "./flow.js";
import type { RuleContext } from "./rule.js";

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
 * d loss / d value for each value in `wrt`. All gradients are float32, those of integers and of float64 values included.
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
  const flow = gradientFlow(graph);
  const obstacle = obstacles(graph, loss, wrt, flow)[0];
  if (obstacle) throw new UserError(`cannot differentiate ${graph.name}: ${describeObstacle(obstacle)}`);
  const b = GraphBuilder.from({ ...graph, outputs: [] });
  const depends = dependents(graph, wrt, flow);
  const pending = new Map<string, string[]>([[loss, [b.filled(1, shapeIn(shapes, loss))]]]);
  const total = (value: string): string | null => {
    const terms = pending.get(value) ?? [];
    const sum = terms.length > 0 ? b.Sum(terms) : null;
    if (sum) pending.set(value, [sum]);
    return sum;
  };
  for (const node of graph.nodes.toReversed()) {
    const needsGrad = node.inputs.map((input, i) => depends.has(input) && flow.passes(node, i));
    if (!node.outputs.some((output) => pending.has(output)) || !needsGrad.includes(true)) continue;
    const context = ruleContext(b, flow, node, needsGrad, total, shapes);
    const grads = ruleFor(node)?.(context) ?? [];
    for (const [i, grad] of grads.entries()) {
      const input = node.inputs[i];
      if (!grad || !input || !needsGrad[i]) continue;
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

function shapeIn(shapes: ReadonlyMap<string, readonly number[]>, value: string): readonly number[] {
  const shape = shapes.get(value);
  if (!shape) throw new Error(`the shape of "${value}" is not known`);
  return shape;
}

function ruleContext(
  b: GraphBuilder,
  flow: GradientFlow,
  node: Node,
  needsGrad: readonly boolean[],
  total: (value: string) => string | null,
  shapes: ReadonlyMap<string, readonly number[]>,
): RuleContext {
  const { graph } = flow;
  const zerosLike = (value: string) => (value ? b.filled(0, shapeIn(shapes, value)) : "");
  const refuse = (why: string) => refusal(graph, node, why);
  const { inputs, outputs, original } = inFloat32(b, flow, node);
  return {
    b,
    node,
    inputs: padded(inputs),
    outputs: padded(outputs),
    grads: padded(node.outputs.map((output) => total(output) ?? zerosLike(output))),
    reached: node.outputs.map((output) => total(output) !== null),
    needsGrad,
    shape: (value) => shapeIn(shapes, original(value)),
    constant: (value) => {
      const tensor = graph.initializers.get(original(value));
      if (!tensor) throw refuse(`computes its input "${original(value)}" from data; its gradient needs a constant`);
      return tensor;
    },
    known: (value) => graph.initializers.get(original(value)) ?? null,
    refuse,
  };
}

/**
 * The operands and the first output of a node in float32, so that a rule computes with integers and float64 as with float32.
 * Indices, shapes and conditions keep their types.
 */
function inFloat32(b: GraphBuilder, { types }: GradientFlow, node: Node) {
  const originals = new Map<string, string>();
  const cast = (value: string): string => {
    const found = b.Cast(value, "float32");
    originals.set(found, value);
    return found;
  };
  const computesWithIntegers = isInteger(types.get(node.outputs[0] ?? "")) && node.op !== "QuantizeLinear";
  const isCast = (value: string, i: number): boolean => {
    const type = types.get(value);
    return type === "float64" || (computesWithIntegers && isInteger(type) && isIntegerOperand(node, i));
  };
  return {
    inputs: node.inputs.map((value, i) => (isCast(value, i) ? cast(value) : value)),
    outputs: node.outputs.map((value, i) => (i === 0 && isCast(value, 0) ? cast(value) : value)),
    original: (value: string): string => originals.get(value) ?? value,
  };
}

const padded = (values: readonly string[]) => [...values, "", "", "", "", ""] as unknown as RuleContext["inputs"];

/** The error for a node outside the limits of its rule. */
function refusal(graph: Graph, node: Node, why: string): UserError {
  const limits = ruleFor(node)?.limits;
  const covered = limits ? ` (limits of the gradient of ${node.op}: ${limits})` : "";
  return new UserError(`cannot differentiate ${graph.name}: ${node.op} "${titleOf(node)}" ${why}${covered}`);
}

/** Every node without a gradient rule between the loss and the values of `wrt`. */
export function obstacles(graph: Graph, loss: string, wrt: readonly string[], flow = gradientFlow(graph)): Obstacle[] {
  const depends = dependents(graph, wrt, flow);
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
    if (!ruleFor(node)) found.push({ node, path: pathTo(node) });
    for (const [i, input] of node.inputs.entries())
      if (depends.has(input) && flow.passes(node, i) && !reachedBy.has(input)) reachedBy.set(input, node);
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
