import { type Graph, type Node, subgraphsOf, valuesReadBy } from "./graph.js";

/**
 * Whether the number of iterations of a `Loop` is the same for all images: its condition follows from the number of the
 * iteration and from static values, such as a counter that is compared with a size.
 * @param isStatic whether a value of the graph follows from shapes and constants alone.
 */
export function hasStaticCount(node: Node, isStatic: (value: string) => boolean): boolean {
  const [count = "", condition = "", ...initial] = node.inputs;
  const body = subgraphsOf(node)[0];
  if (node.op !== "Loop" || node.domain !== "" || !body) return false;
  if (![count, condition].every((value) => value === "" || isStatic(value))) return false;
  const inputs = body.inputs.map(({ name }) => name);
  // A state is static if it is so at first and each iteration computes it from static values.
  let states = initial.map(isStatic);
  for (;;) {
    const sources = inputs.filter((_, i) => i < 2 || states[i - 2]);
    const found = staticInside(body, sources, isStatic);
    const next = states.map((state, i) => state && found(body.outputs[i + 1]?.name ?? ""));
    if (next.every((state, i) => state === states[i])) return found(body.outputs[0]?.name ?? "");
    states = next;
  }
}

/** Whether a value that a body reads or computes follows from these of its inputs and from static values around it. */
function staticInside(body: Graph, sources: readonly string[], outer: (value: string) => boolean) {
  const own = new Set([...body.inputs.map(({ name }) => name), ...body.nodes.flatMap(({ outputs }) => outputs)]);
  const inside = new Set([...sources, ...body.initializers.keys()]);
  const isStatic = (value: string) => inside.has(value) || (!own.has(value) && outer(value));
  for (const node of body.nodes)
    if (node.domain === "" && !node.op.startsWith("Random") && valuesReadBy(node).every(isStatic))
      for (const output of node.outputs) inside.add(output);
  return isStatic;
}

/** The `Loop` with one more output: the numbers of its iterations. */
export function counted(node: Node, output: string): Node {
  const body = subgraphsOf(node)[0] as Graph;
  const [number] = body.inputs;
  const copy = {
    op: "Identity",
    domain: "",
    name: "",
    inputs: [number?.name ?? ""],
    outputs: [output],
    attributes: {},
  };
  const value = {
    ...body,
    nodes: [...body.nodes, copy],
    outputs: [...body.outputs, { name: output, type: "int64" as const, shape: [] }],
  };
  const missing = Array<string>(Math.max(0, body.outputs.length - 1 - node.outputs.length)).fill("");
  const outputs = [...node.outputs, ...missing, `${output}/all`];
  return { ...node, outputs, attributes: { ...node.attributes, body: { kind: "graph", value } } };
}
