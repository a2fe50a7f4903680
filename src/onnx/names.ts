import { type Graph, type Node, subgraphsOf } from "./graph.js";

/** Adds the names of all values of a graph, its subgraphs included, to `names`. */
export function addValueNames({ inputs, outputs, initializers, nodes }: Graph, names: Set<string>): void {
  for (const { name } of [...inputs, ...outputs]) names.add(name);
  for (const name of initializers.keys()) names.add(name);
  for (const node of nodes) {
    for (const name of [...node.inputs, ...node.outputs]) names.add(name);
    for (const subgraph of subgraphsOf(node)) addValueNames(subgraph, names);
  }
}

/** Returns a source of names for new values of a graph: the stem if it is free in the graph and its subgraphs, else stem_1, … */
export function freshNames(graph: Graph): (stem: string) => string {
  const taken = new Set<string>();
  addValueNames(graph, taken);
  const counts = new Map<string, number>();
  return (stem) => {
    let name = stem;
    for (let i = counts.get(stem) ?? 1; taken.has(name); i++) {
      name = `${stem}_${i}`;
      counts.set(stem, i);
    }
    taken.add(name);
    return name;
  };
}

/** A prefix that no name of the graph has: `stem`, or `stem` with characters appended. */
export function freePrefix(graph: Graph, stem: string): string {
  const names = new Set<string>();
  addValueNames(graph, names);
  let prefix = stem;
  while ([...names].some((name) => name.startsWith(prefix))) prefix += "/";
  return prefix;
}

/** The node, without its name if another node has the same one: ONNX Runtime rejects duplicates. */
export function distinct(node: Node, taken: Set<string>): Node {
  if (node.name === "") return node;
  if (taken.has(node.name)) return { ...node, name: "" };
  taken.add(node.name);
  return node;
}
