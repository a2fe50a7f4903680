import { GraphBuilder } from "./builder.js";
import { calleeOf, type ModelFunction } from "./functions.js";
import { type Node, OPSET } from "./graph.js";
import type { Tensor } from "./tensor.js";

/** How a value of 8- or 16-bit integers was quantized: the names of its scale and zero point, both scalars. */
export interface Quantization {
  readonly scale: string;
  /** "" if the zero point is 0. */
  readonly zero: string;
}

/** What a rewrite can find out about the values of a graph while it is read. */
export interface Values {
  /** The value of an initializer or constant. */
  known(value: string): Tensor | undefined;
  /** The number of axes of a value; undefined if it is not known without running the graph. */
  rank(value: string): number | undefined;
  /** How a value is quantized; undefined if it is not, or if that is not known. */
  quantization(value: string): Quantization | undefined;
  /** Whether every reader of a value casts it to a floating-point type. */
  isOnlyCastToFloat(value: string): boolean;
  /** The number of channels in a block of ONNX Runtime's blocked layout. @throws UserError if it is not known. */
  blockSize(): number;
}

/** The context in which one node is replaced. */
export interface RewriteContext extends Values {
  /** The builder of the replacement. */
  readonly b: GraphBuilder;
  readonly node: Node;
  /** The names of its inputs inside the builder; a missing one is "". Padded with "". */
  readonly inputs: Inputs;
}

type Inputs = readonly [string, string, string, string, string, string, string, string, string, ...string[]];

/**
 * Replaces a node by nodes of standard ONNX operators. Returns the values of its outputs in order, "" for an output that is
 * not computed; null if the node is outside what the rewrite covers, so that it stays.
 */
export type Rewrite = (context: RewriteContext) => readonly string[] | null;

const MAXIMUM_INPUTS = 9;

/** A function without a name, and the node that calls it. */
export interface Replacement {
  readonly fn: ModelFunction;
  readonly call: Node;
}

/**
 * The replacement of a node, to inline like a function of the file; constants are Constant nodes.
 * @returns undefined if the node has to stay.
 */
export function replacement(rewrite: Rewrite, node: Node, values: Values): Replacement | undefined {
  const b = new GraphBuilder(node.op);
  const outer = [...node.inputs];
  // No name of the builder starts with "#", so that the names of the file cannot collide with its own.
  const inner = (value: string, i: number) => value && `#${i}`;
  const outside = (value: string) => outer[Number(value.slice(1))] ?? "";
  const inputs = [...outer.map(inner), ...Array.from({ length: MAXIMUM_INPUTS }, () => "")] as unknown as Inputs;
  const bound = (value: string) => inner(value, outer.push(value) - 1);
  const results = rewrite({
    b,
    node,
    inputs,
    known: (value) => (value === "" ? undefined : values.known(outside(value))),
    rank: (value) => (value === "" ? undefined : values.rank(outside(value))),
    quantization: (value) => {
      const found = values.quantization(outside(value));
      return found && { scale: bound(found.scale), zero: bound(found.zero) };
    },
    isOnlyCastToFloat: (value) => values.isOnlyCastToFloat(value),
    blockSize: () => values.blockSize(),
  });
  if (!results || node.outputs.some((output, i) => output !== "" && !results[i])) return undefined;
  for (const value of new Set(results)) if (value) b.output(value, value);
  const { nodes, initializers } = b.build();
  const body = [...[...initializers].map(([name, tensor]) => constantNode(name, tensor)), ...nodes];
  const { domain, op } = node;
  const fn = { domain, op, inputs: outer.map(inner), outputs: results, opsets: { "": OPSET }, nodes: () => body };
  return { fn, call: { ...node, inputs: outer } };
}

const constantNode = (name: string, value: Tensor): Node => ({
  op: "Constant",
  domain: "",
  name,
  inputs: [],
  outputs: [name],
  attributes: { value: { kind: "tensor", value } },
});

/** Counts the nodes that were replaced on reading, and names their replacements. */
export class RewriteLog {
  private readonly entries = new Map<string, { count: number; readonly into: Set<string> }>();

  /** The inputs of the nodes that were replaced. */
  readonly inputs = new Set<string>();

  add(node: Node, inner: readonly Node[]): void {
    for (const input of node.inputs) this.inputs.add(input);
    const key = calleeOf(node);
    const entry = this.entries.get(key) ?? { count: 0, into: new Set() };
    entry.count++;
    for (const { op } of inner) if (op !== "Constant") entry.into.add(op);
    this.entries.set(key, entry);
  }

  /** One note that lists the operators: "read as standard operators: FusedConv ×12 → Conv + Relu; …"; none if there are none. */
  notes(): string[] {
    if (this.entries.size === 0) return [];
    const lines = [...this.entries].map(([key, { count, into }]) => {
      const shown = [...into].slice(0, MAXIMUM_SHOWN).join(" + ") + (into.size > MAXIMUM_SHOWN ? " + …" : "");
      return `${shownOperator(key)} ×${count} → ${shown || "nothing"}`;
    });
    return [`operators of ONNX Runtime are read as standard ones: ${lines.join("; ")}`];
  }
}

/** "com.microsoft::Gelu" as "Gelu", "com.microsoft.nchwc::Conv" as "nchwc.Conv". */
function shownOperator(key: string): string {
  const [domain = "", op = ""] = key.split("::");
  return domain === "" || domain === "com.microsoft" ? op : `${domain.split(".").at(-1)}.${op}`;
}

/** Operators of a replacement that a note lists. */
const MAXIMUM_SHOWN = 4;
