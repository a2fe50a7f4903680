import { UserError } from "../errors.js";
import { type Graph, type Node, subgraphsOf, titleOf, valuesReadBy } from "./graph.js";

/**
 * The graph with its nodes in topological order. ONNX requires it of files, but not every exporter complies.
 * @param outer values of the enclosing graphs, which a subgraph may read.
 * @throws UserError if a value is computed twice, never, or from itself.
 */
export function ordered(graph: Graph, outer: ReadonlySet<string> = new Set()): Graph {
  const producers = producersOf(graph);
  const available = new Set([...outer, ...graph.inputs.map(({ name }) => name), ...graph.initializers.keys()]);
  const reads = graph.nodes.map((node) => {
    const values = new Set(valuesReadBy(node));
    for (const value of values) if (!producers.has(value) && !available.has(value)) throw missing(node, value);
    return [...values].flatMap((value) => producers.get(value) ?? []);
  });
  for (const { name } of graph.outputs)
    if (!producers.has(name) && !available.has(name)) throw new UserError(`nothing computes its output "${name}"`);
  const order = sorted(graph.nodes, reads);
  const visible = new Set([...available, ...producers.keys()]);
  return { ...graph, nodes: order.map((i) => withOrderedSubgraphs(graph.nodes[i] as Node, visible)) };
}

const missing = (node: Node, value: string) =>
  new UserError(`${node.op} "${titleOf(node)}" reads "${value}", which nothing computes`);

function producersOf(graph: Graph): Map<string, number> {
  const taken = new Set([...graph.inputs.map(({ name }) => name), ...graph.initializers.keys()]);
  const producers = new Map<string, number>();
  for (const [i, { outputs }] of graph.nodes.entries())
    for (const output of outputs.filter((name) => name !== "")) {
      if (taken.has(output) || producers.has(output)) throw new UserError(`it computes the value "${output}" twice`);
      producers.set(output, i);
    }
  return producers;
}

/** The indices of the nodes in topological order, otherwise in their present order: a depth-first search without recursion. */
function sorted(nodes: readonly Node[], reads: readonly (readonly number[])[]): number[] {
  const [order, state] = [[] as number[], new Uint8Array(nodes.length)];
  const [WAITING, DONE] = [1, 2];
  for (const first of nodes.keys()) {
    const stack = [first];
    while (stack.length > 0) {
      const i = stack.at(-1) as number;
      const open = state[i] === DONE ? [] : (reads[i] ?? []).filter((j) => state[j] !== DONE);
      if (open.length === 0) {
        stack.pop();
        if (state[i] !== DONE) order.push(i);
        state[i] = DONE;
      } else if (state[i] === WAITING) {
        throw new UserError(`${nodes[i]?.op} "${titleOf(nodes[i] as Node)}" depends on its own result`);
      } else {
        state[i] = WAITING;
        stack.push(...open.toReversed());
      }
    }
  }
  return order;
}

function withOrderedSubgraphs(node: Node, visible: ReadonlySet<string>): Node {
  if (subgraphsOf(node).length === 0) return node;
  const entries = Object.entries(node.attributes).map(([name, a]) => [
    name,
    a.kind === "graph" ? { ...a, value: ordered(a.value, visible) } : a,
  ]);
  return { ...node, attributes: Object.fromEntries(entries) };
}
