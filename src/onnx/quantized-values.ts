import { attribute, type Graph, type Node, valuesReadBy } from "./graph.js";
import type { Quantization } from "./rewriting.js";
import { floatCodes } from "./schema.js";
import { sizeOf, type Tensor } from "./tensor.js";

/** Operators that move elements of their first input, or repeat them. */
const moving = new Set(
  "DepthToSpace Expand Flatten Gather Identity MaxPool Reshape Slice SpaceToDepth Split Squeeze Tile Transpose Unsqueeze".split(
    " ",
  ),
);

/** Which values of a graph are quantized, with one scale for all elements, and how. Nodes are added in topological order. */
export class QuantizedValues {
  private readonly found = new Map<string, Quantization>();

  constructor(private readonly known: (value: string) => Tensor | undefined) {}

  get = (value: string): Quantization | undefined => this.found.get(value);

  add({ op, domain, inputs, outputs }: Node): void {
    const [y = "", scale = "", zero = ""] = outputs;
    if (domain !== "") return;
    if (op === "DynamicQuantizeLinear") this.found.set(y, { scale, zero });
    else if (op === "QuantizeLinear") this.addQuantized(y, inputs[1] ?? "", inputs[2] ?? "");
    const moved = moving.has(op) ? this.found.get(inputs[0] ?? "") : undefined;
    if (moved) for (const output of outputs) this.found.set(output, moved);
  }

  private addQuantized(y: string, scale: string, zero: string): void {
    const tensor = this.known(scale);
    if (tensor && sizeOf(tensor.shape) === 1) this.found.set(y, { scale, zero });
  }
}

/** The values of a graph that every reader casts to a floating-point type; no outputs of the graph. */
export function onlyCastToFloat(graph: Graph): ReadonlySet<string> {
  const [cast, other] = [new Set<string>(), new Set(graph.outputs.map(({ name }) => name))];
  for (const node of graph.nodes) {
    const isCast = node.op === "Cast" && node.domain === "" && floatCodes.includes(attribute(node, "to", "int", 0));
    for (const value of valuesReadBy(node)) (isCast ? cast : other).add(value);
  }
  return new Set([...cast].filter((value) => !other.has(value)));
}
