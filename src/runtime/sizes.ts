import type { Graph, Node } from "../onnx/graph.js";

/** The inputs of operators whose values determine the size of an output; "all" if the values of every input do. */
const sizeInputs: Readonly<Record<string, readonly number[] | "all">> = {
  AffineGrid: [1],
  BlackmanWindow: [0],
  CenterCropPad: [1],
  Col2Im: [1, 2],
  Compress: [1],
  ConstantOfShape: [0],
  DFT: [1, 2],
  Expand: [1],
  HammingWindow: [0],
  HannWindow: [0],
  MaxUnpool: [2],
  MelWeightMatrix: [0, 1],
  NonMaxSuppression: "all",
  NonZero: "all",
  OneHot: [1],
  Pad: [1, 3],
  Range: [0, 1, 2],
  ReduceMax: [1],
  ReduceMean: [1],
  ReduceSum: [1],
  Reshape: [1],
  Resize: [1, 2, 3],
  STFT: [1, 3],
  Slice: [1, 2, 3, 4],
  Split: [1],
  Squeeze: [1],
  Tile: [1],
  TopK: [1],
  Unique: "all",
  Unsqueeze: [1],
};

/**
 * The inputs of a node whose values determine the size of an output.
 * @param withData whether to include those of operators that select from their data, such as NonZero. Default: true.
 */
export function sizeInputsOf({ op, domain, inputs }: Node, withData = true): string[] {
  const found = domain === "" && Object.hasOwn(sizeInputs, op) ? sizeInputs[op] : [];
  const names = found === "all" ? (withData ? inputs : []) : (found ?? []).map((i) => inputs[i] ?? "");
  return names.filter((name) => name !== "");
}

/** The nodes of a graph with an output whose size depends on values that are not known. */
export const sizedByValues = ({ nodes }: Graph, known: (name: string) => boolean): Node[] =>
  nodes.filter((node) => sizeInputsOf(node).some((name) => !known(name)));
