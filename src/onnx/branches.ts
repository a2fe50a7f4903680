import { renamed } from "./builder.js";
import { identity } from "./functions.js";
import type { Graph, Node } from "./graph.js";
import { distinct, freshNames } from "./names.js";
import type { Tensor } from "./tensor.js";

/**
 * Replaces every `If` with a constant condition by the branch that is taken.
 * @param known constant values that are not initializers, as `probe` finds them.
 */
export function inlineBranches(graph: Graph, known: ReadonlyMap<string, Tensor> = new Map()): Graph {
  if (!graph.nodes.some(({ op, domain }) => op === "If" && domain === "")) return graph;
  const fresh = freshNames(graph);
  const initializers = new Map(graph.initializers);
  const [nodes, nodeNames] = [[] as Node[], new Set<string>()];
  const open = graph.nodes.toReversed();
  for (let node = open.pop(); node; node = open.pop()) {
    const branch = branchTaken(node, initializers, known);
    if (!branch) {
      nodes.push(distinct(node, nodeNames));
      continue;
    }
    const inside = inlined(node, branch, fresh);
    for (const [name, tensor] of inside.initializers) initializers.set(name, tensor);
    open.push(...inside.nodes.toReversed());
  }
  return { ...graph, nodes, initializers };
}

function branchTaken(
  node: Node,
  initializers: ReadonlyMap<string, Tensor>,
  known: ReadonlyMap<string, Tensor>,
): Graph | undefined {
  if (node.op !== "If" || node.domain !== "") return undefined;
  const condition = node.inputs[0] ?? "";
  const tensor = initializers.get(condition) ?? known.get(condition);
  const branch = tensor && node.attributes[Number(tensor.data[0]) ? "then_branch" : "else_branch"];
  return branch?.kind === "graph" ? branch.value : undefined;
}

/** The nodes and initializers of a branch; its outputs get the names of those of the `If`, its other values fresh names. */
function inlined(node: Node, branch: Graph, fresh: (stem: string) => string): Pick<Graph, "nodes" | "initializers"> {
  const computed = new Set(branch.nodes.flatMap(({ outputs }) => outputs));
  const names = new Map<string, string>();
  const copies: Node[] = [];
  const renamedOnce = (name: string) => {
    const found = names.get(name) ?? fresh(name);
    names.set(name, found);
    return found;
  };
  for (const name of branch.initializers.keys()) renamedOnce(name);
  for (const [i, { name }] of branch.outputs.entries()) {
    const output = node.outputs[i];
    if (!output) continue;
    if (computed.has(name) && !names.has(name)) names.set(name, output);
    else copies.push(identity(names.get(name) ?? name, output));
  }
  for (const name of computed) if (name !== "") renamedOnce(name);
  const rename = (name: string) => names.get(name) ?? name;
  return {
    nodes: [...branch.nodes.map((inner) => renamed(inner, rename, "")), ...copies],
    initializers: new Map([...branch.initializers].map(([name, tensor]) => [rename(name), tensor])),
  };
}
