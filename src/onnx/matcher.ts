import { GraphBuilder } from "./builder.js";
import type { Graph, Node } from "./graph.js";
import { sizeOf } from "./tensor.js";
import { type Uses, usesOf } from "./uses.js";

/**
 * A pattern of nodes of standard ONNX operators, in the manner of tinygrad's PatternMatcher: a pattern for a node contains
 * patterns for the producers of its inputs.
 * @typeParam C the context that conditions read beside the graph, such as the shapes of its values.
 */
export interface Pattern<C = unknown> {
  readonly op: string;
  /** Values of scalar attributes, with the default that ONNX gives to nodes without the attribute. */
  readonly attributes?: Readonly<
    Record<string, { readonly value: number | string; readonly default: number | string }>
  >;
  /** For each input by position, a pattern for its producer or a condition on the value. */
  readonly inputs?: readonly (Pattern<C> | Condition)[];
  /** A condition on each further input. Default: `anything`. */
  readonly otherInputs?: Condition;
  /**
   * For a producer: the match is the only reader of its output, which is no output of the graph. The producer is replaced
   * with the match; without `readOnce` it stays.
   */
  readonly readOnce?: true;
  /** A further condition on the node. */
  readonly where?: (node: Node, context: C) => boolean;
}

type Condition = (value: string, graph: Graph) => boolean;

/** Accepts any input, even a missing one. */
export const anything = (): boolean => true;

/** Accepts a float32 initializer, or a missing optional input. */
export const float32Constant = (value: string, { initializers }: Graph): boolean =>
  value === "" || initializers.get(value)?.type === "float32";

/** Accepts an initializer with one element, of any type and rank. */
export function singleConstant(value: string, { initializers }: Graph): boolean {
  const shape = initializers.get(value)?.shape;
  return shape !== undefined && sizeOf(shape) === 1;
}

/** The nodes that match a pattern and the patterns inside it. */
export class Match {
  private readonly nodes = new Map<Pattern<never>, Node>();

  constructor(readonly graph: Graph) {}

  /** The node that matches a pattern. @throws Error for a pattern that is not part of the match. */
  node(pattern: Pattern<never>): Node {
    const found = this.nodes.get(pattern);
    if (!found) throw new Error(`the match has no node for the pattern of ${pattern.op}`);
    return found;
  }

  /** Whether a node and the producers of its inputs match; records them by pattern. */
  accept<C>(pattern: Pattern<C>, node: Node, uses: Uses, context: C): boolean {
    this.nodes.set(pattern, node);
    const { inputs = [], otherInputs = anything, where = anything } = pattern;
    return (
      node.op === pattern.op &&
      node.domain === "" &&
      hasAttributes(node, pattern) &&
      where(node, context) &&
      inputs.every((input, i) => this.acceptInput(input, node.inputs[i] ?? "", uses, context)) &&
      node.inputs.slice(inputs.length).every((value) => otherInputs(value, uses.graph))
    );
  }

  private acceptInput<C>(pattern: Pattern<C> | Condition, value: string, uses: Uses, context: C): boolean {
    if (typeof pattern === "function") return pattern(value, uses.graph);
    const producer = uses.producers.get(value);
    if (!producer || producer.outputs[0] !== value) return false;
    return (!pattern.readOnce || uses.soleReader(value) !== undefined) && this.accept(pattern, producer, uses, context);
  }

  /** The nodes to remove when the match is replaced. */
  replaced(pattern: Pattern<never>): Node[] {
    const producers = (pattern.inputs ?? []).filter((input) => typeof input !== "function");
    return [this.node(pattern), ...producers.filter(({ readOnce }) => readOnce).flatMap((each) => this.replaced(each))];
  }
}

function hasAttributes({ attributes }: Node, pattern: Pattern<never>): boolean {
  return Object.entries(pattern.attributes ?? {}).every(([name, expected]) => {
    const found = attributes[name];
    const value = found?.kind === "int" || found?.kind === "string" ? found.value : expected.default;
    return value === expected.value;
  });
}

/** A pattern, and a function that adds its replacement: nodes that compute the outputs of the outermost node by name. */
export type Rewrite<C> = readonly [Pattern<C>, (match: Match, b: GraphBuilder, context: C) => void];

/**
 * Replaces all matches of some patterns, in time linear in the number of nodes. A node belongs to one match at most; the
 * first pattern that matches wins.
 * @returns the same graph if nothing matches.
 */
export function rewrite<C>(graph: Graph, context: C, rewrites: readonly Rewrite<C>[]): Graph {
  const uses = usesOf(graph);
  const taken = new Set<Node>();
  const replacements: Replacement[] = [];
  for (const root of graph.nodes)
    for (const [pattern, add] of rewrites) {
      const match = new Match(graph);
      if (taken.has(root) || !match.accept(pattern, root, uses, context)) continue;
      const nodes = match.replaced(pattern);
      if (nodes.some((node) => taken.has(node))) continue;
      for (const node of nodes) taken.add(node);
      replacements.push({ root, nodes, add: (b) => add(match, b, context) });
    }
  return replaceNodes(graph, replacements);
}

/** Nodes to remove, and a function that adds their replacement at the place of `root`, the last of them. */
export interface Replacement {
  readonly root: Node;
  readonly nodes: readonly Node[];
  readonly add: (b: GraphBuilder) => void;
}

/** Replaces nodes in one walk over the graph. @returns the same graph if there is nothing to replace. */
export function replaceNodes(graph: Graph, replacements: readonly Replacement[]): Graph {
  if (replacements.length === 0) return graph;
  const b = GraphBuilder.rewriting(graph);
  const byRoot = new Map(replacements.map((replacement) => [replacement.root, replacement]));
  const removed = new Set(replacements.flatMap(({ nodes }) => nodes));
  for (const node of graph.nodes) {
    byRoot.get(node)?.add(b);
    if (!removed.has(node)) b.keep(node);
  }
  return b.build(graph.metadata);
}
