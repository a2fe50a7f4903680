import { renamed } from "./builder.js";
import { type Graph, type Node, titleOf } from "./graph.js";

/** A function that a file defines for itself (ModelProto.functions), as PyTorch's newer exporter writes them. */
export interface ModelFunction {
  readonly domain: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The opsets that its own nodes are written for. */
  readonly opsets: Graph["opsets"];
  /** Its nodes, their attributes taken from the call where the function says so. */
  nodes(call: Node): readonly Node[];
}

/** Domain and name under which a node calls a function. */
export const calleeOf = ({ domain, op }: { domain: string; op: string }): string => `${domain}::${op}`;

/** The nodes of a function in place of the call: its parameters bound to the call's, other names made new. */
export function instantiate(fn: ModelFunction, call: Node, fresh: (stem: string) => string): Node[] {
  const title = titleOf(call);
  const names = new Map(fn.inputs.map((input, i) => [input, call.inputs[i] ?? ""]));
  const copies: Node[] = [];
  for (const [i, output] of fn.outputs.entries()) {
    const wanted = call.outputs[i];
    if (!wanted) continue;
    if (!names.has(output)) names.set(output, wanted);
    // A parameter handed through, or one result given twice.
    else copies.push(identity(names.get(output) ?? "", wanted));
  }
  const rename = (value: string): string => {
    if (value === "") return "";
    const found = names.get(value) ?? fresh(`${title}/${value}`);
    names.set(value, found);
    return found;
  };
  return [...fn.nodes(call).map((node) => renamed(node, rename, `${title}/`)), ...copies];
}

/** A node that gives a value a second name. */
export const identity = (value: string, output: string): Node => ({
  op: "Identity",
  domain: "",
  name: output,
  inputs: [value],
  outputs: [output],
  attributes: {},
});
