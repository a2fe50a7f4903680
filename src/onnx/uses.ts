import { type Graph, type Node, valuesReadBy } from "./graph.js";

/** The producers and readers of the values of a graph. */
export interface Uses {
  readonly graph: Graph;
  /** The node that computes a value; inputs and initializers have none. */
  readonly producers: ReadonlyMap<string, Node>;
  /**
   * The nodes that read a value, in graph order: a node appears once for each of its inputs, and once for each read
   * inside its subgraphs.
   */
  readonly readers: ReadonlyMap<string, readonly Node[]>;
  /** The only reader of a value; undefined if it is read several times, never, or is an output of the graph. */
  soleReader(value: string): Node | undefined;
}

/** Indexes the uses of every value in time linear in nodes and inputs. */
export function usesOf(graph: Graph): Uses {
  const producers = new Map<string, Node>();
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output !== "") producers.set(output, node);
    for (const value of valuesReadBy(node)) {
      const known = readers.get(value);
      if (known) known.push(node);
      else readers.set(value, [node]);
    }
  }
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const soleReader = (value: string) => {
    const found = readers.get(value) ?? [];
    return found.length === 1 && !outputs.has(value) ? found[0] : undefined;
  };
  return { graph, producers, readers, soleReader };
}

/**
 * The sources and every value computed from them.
 * @param passes whether the outputs of a node depend on its inputs in the sense of the caller. Default: all do.
 */
export function computedFrom(
  graph: Graph,
  sources: Iterable<string>,
  passes: (node: Node) => boolean = () => true,
): Set<string> {
  const found = new Set(sources);
  for (const node of graph.nodes)
    if (passes(node) && valuesReadBy(node).some((value) => found.has(value)))
      for (const output of node.outputs) if (output !== "") found.add(output);
  return found;
}
