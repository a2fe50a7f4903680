import { renamed } from "./builder.js";
import type { Expand } from "./expansion.js";
import { identity } from "./functions.js";
import type { Graph, Node } from "./graph.js";

/** Replaces an `If` with a known condition by the branch that is taken. */
export const If: Expand = (node, { known, fresh, include }) => {
  const condition = known(node.inputs[0] ?? "");
  const branch = condition && node.attributes[Number(condition.data[0]) ? "then_branch" : "else_branch"];
  if (branch?.kind !== "graph") return false;
  include(inlined(node, branch.value, fresh));
  return true;
};

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
