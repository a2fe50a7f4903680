import { renamed } from "./builder.js";
import { type Graph, type Node, titleOf } from "./graph.js";

/** A function that a file defines (ModelProto.functions); the newer exporter of PyTorch writes them. */
export interface ModelFunction {
  readonly domain: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The opsets of its nodes. */
  readonly opsets: Graph["opsets"];
  /** Its nodes, with the attributes that refer to those of the call resolved. */
  nodes(call: Node): readonly Node[];
}

/** The domain and name by which a node calls a function. */
export const calleeOf = ({ domain, op }: { domain: string; op: string }): string => `${domain}::${op}`;

/** The nodes of a function that replace a call: inputs and outputs have the names of the call, other values fresh names. */
export function instantiate(fn: ModelFunction, call: Node, fresh: (stem: string) => string): Node[] {
  const title = titleOf(call);
  const names = new Map(fn.inputs.map((input, i) => [input, call.inputs[i] ?? ""]));
  const copies: Node[] = [];
  for (const [i, output] of fn.outputs.entries()) {
    const result = call.outputs[i];
    if (!result) continue;
    if (!names.has(output)) names.set(output, result);
    // An input that is also an output, or a value that is an output twice.
    else copies.push(identity(names.get(output) ?? "", result));
  }
  const rename = (value: string): string => {
    if (value === "") return "";
    const found = names.get(value) ?? fresh(`${title}/${value}`);
    names.set(value, found);
    return found;
  };
  return [...fn.nodes(call).map((node) => renamed(node, rename, `${title}/`)), ...copies];
}

/** An Identity node: `output` is a second name of `value`. */
export const identity = (value: string, output: string): Node => ({
  op: "Identity",
  domain: "",
  name: output,
  inputs: [value],
  outputs: [output],
  attributes: {},
});
