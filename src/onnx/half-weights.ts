import { grouped } from "../grouped.js";
import { int } from "./builder.js";
import { attribute, type Graph, type Node, valuesReadBy } from "./graph.js";
import { freshNames } from "./names.js";
import { widened } from "./precision.js";
import { typeCodes } from "./schema.js";
import type { Tensor } from "./tensor.js";

/*
 * Weights that a file stores as float16, each followed by a Cast to float32. Every runtime then computes in float32; ONNX
 * Runtime applies the Casts once, when it loads the file.
 */

/** Smaller tensors stay in float32: they save nothing. */
const LEAST_VALUES = 64;

/** The largest relative error of a row of weights, in L2. Rounding alone gives at most half of it. */
const LARGEST_ERROR = 2 ** -10;

/** A graph with weights in float16. */
export interface HalfGraph {
  readonly graph: Graph;
  /** Tensors of weights that stay in float32, because float16 cannot hold their values: too large or too small. */
  readonly kept: readonly string[];
}

/**
 * The graph with its float32 matrices and kernels of 64 values or more stored as float16. Vectors, such as biases, and the
 * tensors in `constant` stay in float32. So does a tensor with a value above 65,504 or a row whose relative error is above
 * 2^-10, as rows of values below 6e-5 have.
 */
export function withHalfWeights(graph: Graph, constant: ReadonlySet<string> = new Set()): HalfGraph {
  const fresh = freshNames(graph);
  const ends = endsOf(graph);
  const kept: string[] = [];
  const casts: Node[] = [];
  const initializers = [...graph.initializers].map(([name, tensor]): [string, Tensor] => {
    const { type, shape, data } = tensor;
    if (type !== "float32" || shape.length < 2 || data.length < LEAST_VALUES || constant.has(name) || ends.has(name))
      return [name, tensor];
    const half = inHalf(tensor);
    if (!isClose(tensor, widened(half))) {
      kept.push(name);
      return [name, tensor];
    }
    const stored = fresh(`${name}/float16`);
    casts.push(castToFloat32(stored, name));
    return [stored, half];
  });
  return { graph: { ...graph, initializers: new Map(initializers), nodes: [...casts, ...graph.nodes] }, kept };
}

/**
 * The graph with each Cast of a float16 or bfloat16 initializer to float32 replaced by a float32 initializer that is named as
 * the Cast's output: the reverse of `withHalfWeights`.
 */
export function withFoldedHalves(graph: Graph): Graph {
  const ends = endsOf(graph);
  const isFolded = (node: Node): boolean => {
    const [source = "", output = ""] = [node.inputs[0], node.outputs[0]];
    const type = graph.initializers.get(source)?.type;
    const isHalf = type === "float16" || type === "bfloat16";
    return isHalf && isCastToFloat32(node) && !ends.has(source) && !ends.has(output);
  };
  const casts = grouped(graph.nodes.filter(isFolded), ({ inputs: [source = ""] }) => source);
  if (casts.size === 0) return graph;
  const nodes = graph.nodes.filter((node) => !isFolded(node));
  const read = new Set(nodes.flatMap(valuesReadBy));
  const initializers = [...graph.initializers].flatMap(([name, tensor]): [string, Tensor][] => {
    const outputs = (casts.get(name) ?? []).map(({ outputs: [output = ""] }) => output);
    const own: [string, Tensor][] = outputs.length > 0 && !read.has(name) ? [] : [[name, tensor]];
    return [...own, ...outputs.map((output): [string, Tensor] => [output, widened(tensor)])];
  });
  return { ...graph, nodes, initializers: new Map(initializers) };
}

/** The names of the inputs and outputs, which stay what they are. */
const endsOf = ({ inputs, outputs }: Graph): ReadonlySet<string> =>
  new Set([...inputs, ...outputs].map(({ name }) => name));

const castToFloat32 = (source: string, output: string): Node => ({
  ...{ op: "Cast", domain: "", name: `${output}/Cast`, inputs: [source], outputs: [output] },
  attributes: { to: int(typeCodes.float32) },
});

const isCastToFloat32 = (node: Node): boolean =>
  node.op === "Cast" && node.domain === "" && attribute(node, "to", "int", 0) === typeCodes.float32;

/** Whether float16 holds each row along the first axis up to `LARGEST_ERROR`. Infinite and missing values are not close. */
function isClose({ data, shape: [rows = 1] }: Tensor, { data: rounded }: Tensor): boolean {
  const length = data.length / rows;
  for (let start = 0; start < data.length; start += length) {
    let [error, power] = [0, 0];
    for (let i = start; i < start + length; i++) {
      const value = Number(data[i]);
      error += (Number(rounded[i]) - value) ** 2;
      power += value ** 2;
    }
    if (!(error <= LARGEST_ERROR ** 2 * power)) return false;
  }
  return true;
}

/** A float32 tensor as float16, rounded to the nearest value, ties to even. Values of 65,520 and more become infinite. */
export function inHalf({ data, shape }: Tensor): Tensor {
  return { type: "float16", shape, data: Uint16Array.from(data as Float32Array, halfBits) };
}

/** Encodes a float32 number as the 16 bits of a float16: sign, 5 bits of exponent, 10 bits of fraction. */
function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return 0x7e00;
  if (size >= OVERFLOW) return sign | 0x7c00;
  // Below the smallest normal number the steps are those of the exponent -14.
  const exponent = Math.max(Math.floor(Math.log2(size)), -14);
  // A fraction that is rounded up to 1 carries into the exponent.
  return sign | (((exponent + 14) << 10) + roundedToEven(size * 2 ** (10 - exponent)));
}

/** Half way between the largest float16, 65,504, and the next power of two. */
const OVERFLOW = 65_520;

function roundedToEven(value: number): number {
  const [floor, fraction] = [Math.floor(value), value % 1];
  return floor + Number(fraction > 0.5 || (fraction === 0.5 && floor % 2 === 1));
}
