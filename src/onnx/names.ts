import { type Graph, type Node, subgraphsOf } from "./graph.js";

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

/** The node without its name where another has it already: ONNX Runtime refuses two of one name. */
export function distinct(node: Node, taken: Set<string>): Node {
  if (node.name === "") return node;
  if (taken.has(node.name)) return { ...node, name: "" };
  taken.add(node.name);
  return node;
}
