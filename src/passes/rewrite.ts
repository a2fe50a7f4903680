import { GraphBuilder } from "../onnx/builder.js";
import type { Graph, Node } from "../onnx/graph.js";

/** Adds what replaces a node, its outputs under the same names, and says so; or leaves it alone and returns false. */
export type Replacement = (node: Node, b: GraphBuilder) => boolean;

/** The graph with every node that `replace` takes replaced; the same graph where it takes none. */
export function rewrite(graph: Graph, replace: Replacement): Graph {
  const b = GraphBuilder.rewriting(graph);
  let replaced = false;
  for (const node of graph.nodes) {
    if (node.domain === "" && replace(node, b)) replaced = true;
    else b.keep(node);
  }
  return replaced ? b.build(graph.metadata) : graph;
}
