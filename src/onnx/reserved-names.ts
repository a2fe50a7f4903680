import { renamed } from "./builder.js";
import type { Graph } from "./graph.js";
import { freshNames } from "./names.js";

/** What ONNX Runtime calls the shapes that it adds where it makes a Gemm of a MatMul and an Add of three axes. */
const RESERVED = /^(mobileclip_proj_)?gemm_(input|output)_shape/;

/**
 * Renames constants that have a name which ONNX Runtime 1.30 gives to constants of its own without looking whether it is
 * taken. Files that it optimized have them, and a graph built on such a file, optimized again, would fail to load.
 */
export function withoutReservedNames(graph: Graph): Graph {
  const reserved = [...graph.initializers.keys()].filter((name) => RESERVED.test(name));
  if (reserved.length === 0) return graph;
  const fresh = freshNames(graph);
  const names = new Map(reserved.map((name) => [name, fresh(`file.${name}`)]));
  const rename = (value: string) => names.get(value) ?? value;
  return {
    ...graph,
    initializers: new Map([...graph.initializers].map(([name, tensor]) => [rename(name), tensor])),
    nodes: graph.nodes.map((node) => renamed(node, rename, "")),
  };
}
