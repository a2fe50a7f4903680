import { type Graph, type Node, subgraphsOf } from "./graph.js";

/** Operators that make a sequence, a map or an optional value. */
const makers = new Set([
  "Optional",
  "SequenceConstruct",
  "SequenceEmpty",
  "SequenceErase",
  "SequenceInsert",
  "SequenceMap",
  "SplitToSequence",
  "ai.onnx.ml.ZipMap",
]);

/** Operators of which the outputs are of the kind of their first input. */
const passing = new Set(["Identity", "OptionalGetElement"]);

/** The values of a graph that are not tensors but sequences, maps or optional values; they have no shape. */
export function containersOf(graph: Graph, outer: ReadonlySet<string> = new Set()): Set<string> {
  const declared = [...graph.inputs, ...graph.outputs].filter(({ container }) => container);
  const found = new Set([...outer, ...declared.map(({ name }) => name)]);
  for (const node of graph.nodes) {
    const named = node.domain === "" ? node.op : `${node.domain}.${node.op}`;
    const all = makers.has(named) || (passing.has(named) && found.has(node.inputs[0] ?? ""));
    for (const [i, output] of node.outputs.entries()) if (all || fromSubgraph(node, i, found)) found.add(output);
  }
  return found;
}

/** Whether an output of a node with subgraphs (If, Loop, Scan) is a container that they return. */
function fromSubgraph(node: Node, output: number, outer: ReadonlySet<string>): boolean {
  return subgraphsOf(node).some((graph) => {
    // The first output of the body of a Loop is its condition; the states of a Loop follow its two first inputs.
    const loop = node.op === "Loop";
    const states = graph.inputs.filter((_, i) => loop && i >= 2 && outer.has(node.inputs[i] ?? ""));
    const inside = containersOf(graph, new Set([...outer, ...states.map(({ name }) => name)]));
    return inside.has(graph.outputs[output + Number(loop)]?.name ?? "");
  });
}
