import { GraphBuilder } from "./builder.js";
import type { Graph, Node } from "./graph.js";
import { type Uses, usesOf } from "./uses.js";

/**
 * What a node of standard ONNX has to look like. Patterns nest: an input may have a pattern for the node that computes it.
 * @typeParam C what conditions may look at beside the graph, such as the shapes of its values.
 */
export interface Pattern<C = unknown> {
  readonly op: string;
  /** Values of scalar attributes, with the default that ONNX gives to nodes without the attribute. */
  readonly attributes?: Readonly<
    Record<string, { readonly value: number | string; readonly default: number | string }>
  >;
  /** A pattern of the producer, or a condition on the value, by position. */
  readonly inputs?: readonly InputPattern<C>[];
  /** The same for each input behind those of `inputs`. */
  readonly otherInputs?: InputPattern<C>;
  /**
   * Only the match reads the node's first output, and the graph does not return it: the node is replaced with the match.
   * Without it a producer is matched, but stays. Has no meaning for the outermost pattern.
   */
  readonly readOnce?: true;
  /** What else has to hold. */
  readonly where?: (node: Node, context: C) => boolean;
}

type InputPattern<C> = Pattern<C> | ((value: string, graph: Graph) => boolean);

/** Any input, also one that is left out. */
export const anything = (): boolean => true;

/** An initializer of type float32, or an optional input that is left out. */
export const float32Constant = (value: string, { initializers }: Graph): boolean =>
  value === "" || initializers.get(value)?.type === "float32";

/** The nodes found for a pattern and for the patterns inside it. */
export class Match {
  private readonly nodes = new Map<object, Node>();

  constructor(readonly graph: Graph) {}

  /** The node found for a pattern. @throws Error for a pattern that is not part of the match. */
  node(pattern: Pattern<never>): Node {
    const found = this.nodes.get(pattern);
    if (!found) throw new Error(`the match has no node for the pattern of ${pattern.op}`);
    return found;
  }

  /** Matches a node, and records it under its pattern. */
  accept<C>(pattern: Pattern<C>, node: Node, uses: Uses, context: C): boolean {
    this.nodes.set(pattern, node);
    const { inputs = [], otherInputs = anything, where = anything } = pattern;
    return (
      node.op === pattern.op &&
      node.domain === "" &&
      hasAttributes(node, pattern) &&
      where(node, context) &&
      Array.from({ length: Math.max(node.inputs.length, inputs.length) }, (_, i) => i).every((i) =>
        this.acceptInput(inputs[i] ?? otherInputs, node.inputs[i] ?? "", uses, context),
      )
    );
  }

  private acceptInput<C>(pattern: InputPattern<C>, value: string, uses: Uses, context: C): boolean {
    if (typeof pattern === "function") return pattern(value, uses.graph);
    const producer = uses.producers.get(value);
    if (!producer || producer.outputs[0] !== value) return false;
    return (!pattern.readOnce || uses.soleReader(value) !== undefined) && this.accept(pattern, producer, uses, context);
  }

  /** The nodes that a replacement of the match makes superfluous. */
  replaced(root: Pattern<never>): Node[] {
    return [...this.nodes].filter(([each]) => each === root || (each as Pattern).readOnce).map(([, node]) => node);
  }
}

function hasAttributes({ attributes }: Node, pattern: Pattern<never>): boolean {
  return Object.entries(pattern.attributes ?? {}).every(([name, expected]) => {
    const found = attributes[name];
    const value = found?.kind === "int" || found?.kind === "string" ? found.value : expected.default;
    return value === expected.value;
  });
}

/** A pattern, and what adds nodes that compute the outputs of its outermost node under the same names. */
export type Rewrite<C> = readonly [Pattern<C>, (match: Match, b: GraphBuilder, context: C) => void];

/**
 * The graph with every match of the first fitting pattern replaced; a node belongs to one match at most.
 * The cost is linear in the number of nodes. @returns the same graph if nothing matches.
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

/** Nodes to leave out, and what to add where `root`, the last of them, was. */
export interface Replacement {
  readonly root: Node;
  readonly nodes: readonly Node[];
  readonly add: (b: GraphBuilder) => void;
}

/** The walk over a graph that all rewrites share. @returns the same graph if there is nothing to replace. */
export function replaceNodes(graph: Graph, replacements: readonly Replacement[]): Graph {
  if (replacements.length === 0) return graph;
  const b = GraphBuilder.rewriting(graph);
  const byRoot = new Map(replacements.map((replacement) => [replacement.root, replacement]));
  const left = new Set(replacements.flatMap(({ nodes }) => nodes));
  for (const node of graph.nodes) {
    byRoot.get(node)?.add(b);
    if (!left.has(node)) b.keep(node);
  }
  return b.build(graph.metadata);
}
