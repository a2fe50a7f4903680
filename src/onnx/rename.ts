import { renamed } from "./builder.js";
import type { Graph } from "./graph.js";
import { freshNames } from "./names.js";

/** A graph after some of its initializers were renamed. */
export interface RenamedWeights {
  readonly graph: Graph;
  /** The new names of the renamed initializers, by their names before. */
  readonly names: ReadonlyMap<string, string>;
}

/** Renames the initializers whose names are reserved. Other values keep their names. */
export function renameWeights(graph: Graph, isReserved: (name: string) => boolean): RenamedWeights {
  const fresh = freshNames(graph);
  const names = new Map(
    [...graph.initializers.keys()].filter(isReserved).map((name) => [name, fresh(`weight/${name}`)]),
  );
  if (names.size === 0) return { graph, names };
  const rename = (name: string) => names.get(name) ?? name;
  const initializers = new Map([...graph.initializers].map(([name, tensor]) => [rename(name), tensor]));
  return { graph: { ...graph, initializers, nodes: graph.nodes.map((node) => renamed(node, rename, "")) }, names };
}
