import type { Graph } from "../onnx/graph.js";
import { sizeOf } from "../onnx/tensor.js";

type Shape = readonly number[];

/**
 * The floating-point operations of an operator; a multiplication and an addition count as two. Null for operators that
 * are not counted, because their share in a network is small. A Conv in the blocked layout has the shapes of a plain one.
 * @param inputs the shapes of the inputs.
 */
export function flopsOf(op: string, inputs: readonly Shape[], output: Shape): number | null {
  const [first, second] = inputs;
  if (!first) return null;
  switch (op) {
    case "Conv":
    case "FusedConv":
      // Each output is a sum over the weight [O, I / group, h, w] of its channel.
      return second ? 2 * sizeOf(output) * (sizeOf(second) / (second[0] ?? 1)) : null;
    case "ConvTranspose":
      // Each input is multiplied by the weight [I, O / group, h, w] of its channel.
      return second ? 2 * sizeOf(first) * (sizeOf(second) / (second[0] ?? 1)) : null;
    case "MatMul":
    case "FusedMatMul":
      return 2 * sizeOf(output) * summedIn(first, second, output);
    case "Gemm":
    case "FusedGemm":
      return 2 * sizeOf(output) * summedIn(first, undefined, output);
    default:
      return null;
  }
}

/**
 * The number of products summed for each element of A·B, both of which may be transposed or broadcast. B may be missing: the
 * runtime does not report the shapes of constants that it has packed.
 */
function summedIn(a: Shape, b: Shape | undefined, output: Shape): number {
  if (a.length === 1 || output.length < a.length) return a.at(-1) ?? 1;
  const elements = sizeOf(output);
  if (elements === 0) return 0;
  // A is [batch, M, K] in some order; without the batch, if it is broadcast, this is less than K.
  const fromA = (sizeOf(a) * (output.at(-1) ?? 1)) / elements;
  const fromB = b && b.length > 1 ? (sizeOf(b) * (output.at(-2) ?? 1)) / elements : 0;
  return Math.max(fromA, fromB);
}

/** The floating-point operations of a graph. @param shapes the shape of every value. */
export function flopsOfGraph({ nodes }: Pick<Graph, "nodes">, shapes: ReadonlyMap<string, Shape>): number {
  let sum = 0;
  for (const { op, inputs, outputs } of nodes) {
    const known = inputs.map((name) => shapes.get(name) ?? []);
    sum += flopsOf(op, known, shapes.get(outputs[0] ?? "") ?? []) ?? 0;
  }
  return sum;
}
