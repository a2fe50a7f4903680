import { type Graph, subgraphsOf } from "./graph.js";

/** Gives names that no value of the graph, its subgraphs included, has yet: the stem itself where it is free. */
export function freshNames(graph: Graph): (stem: string) => string {
  const taken = new Set<string>();
  const note = ({ inputs, outputs, initializers, nodes }: Graph): void => {
    for (const { name } of [...inputs, ...outputs]) taken.add(name);
    for (const name of initializers.keys()) taken.add(name);
    for (const node of nodes) {
      for (const name of [...node.inputs, ...node.outputs]) taken.add(name);
      for (const subgraph of subgraphsOf(node)) note(subgraph);
    }
  };
  note(graph);
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
