import { type GraphBuilder, int } from "./builder.js";
import { dequantize } from "./dequantize.js";
import { attribute } from "./graph.js";
import { widened } from "./precision.js";
import type { Rewrite, RewriteContext } from "./rewriting.js";
import { float32, sizeOf, type Tensor, toNumbers } from "./tensor.js";

/*
 * Products of integers with int32 results (dynamic quantization), read as products of floating-point numbers. The sums are
 * exact up to 2²⁴ and correct to 24 bits beyond.
 */

/** value - zero as float32; the zero point is a scalar, or has a number for each index of an axis. */
function centered(context: RewriteContext, value: string, zero: string, axis: number): string | null {
  const { b, known } = context;
  const [constant, point] = [known(value), known(zero)];
  if (constant && (zero === "" || point))
    return b.constant(dequantize(constant, [1], point ? toNumbers(point) : [0], axis));
  const shape = point?.shape ?? [];
  if (shape.length > 1 && sizeOf(shape) > 1) return null;
  const count = sizeOf(shape);
  const scale = count === 1 ? b.constant(float32([1], shape)) : b.constant(float32(new Float32Array(count).fill(1)));
  return b.add("DequantizeLinear", [value, scale, zero], count === 1 ? {} : { axis: int(axis) });
}

/** The result in int32, unless every reader casts it to a floating-point type. */
const whole = ({ b, node, isOnlyCastToFloat }: RewriteContext, y: string) =>
  isOnlyCastToFloat(node.outputs[0] ?? "") ? y : b.add("Cast", [y], { to: int(6) });

function integerProduct(context: RewriteContext, a: string, w: string, aZero: string, wZero: string): string | null {
  const [left, right] = [centered(context, a, aZero, -2), centered(context, w, wZero, -1)];
  return left === null || right === null ? null : context.b.MatMul(left, right);
}

/** (A - zero of A)·(B - zero of B). A has one zero point or one for each row, B one or one for each column. */
export const MatMulInteger: Rewrite = (context) => {
  const [a, w, aZero, wZero] = context.inputs;
  const y = integerProduct(context, a, w, aZero, wZero);
  return y === null ? null : [whole(context, y)];
};

/** Conv(x - zero of x, w - zero of w). */
export const ConvInteger: Rewrite = (context) => {
  const { b, node, inputs } = context;
  const [x, w, xZero, wZero] = inputs;
  const [value, weight] = [centered(context, x, xZero, 0), centered(context, w, wZero, 0)];
  return value === null || weight === null ? null : [whole(context, b.add("Conv", [value, weight], node.attributes))];
};

/** MatMulInteger times both scales, plus a bias. */
export const MatMulIntegerToFloat: Rewrite = (context) => {
  const { b, inputs } = context;
  const [a, w, aScale, wScale, aZero, wZero, bias] = inputs;
  const y = integerProduct(context, a, w, aZero, wZero);
  return y === null ? null : [scaled(b, y, aScale, wScale, bias)];
};

const scaled = (b: GraphBuilder, y: string, aScale: string, wScale: string, bias: string) => {
  const z = b.Mul(y, b.Mul(aScale, wScale));
  return bias ? b.Add(z, bias) : z;
};

/** MatMulIntegerToFloat of an A that is quantized by DynamicQuantizeLinear. */
export const DynamicQuantizeMatMul: Rewrite = (context) => {
  const { b, inputs } = context;
  const [x, w, wScale, wZero, bias] = inputs;
  const [a = "", aScale = "", aZero = ""] = b.addMany("DynamicQuantizeLinear", [x], {}, 3);
  const weight = centered(context, w, wZero, -1);
  if (weight === null) return null;
  const left = b.add("DequantizeLinear", [a, b.one, aZero]);
  return [scaled(b, b.MatMul(left, weight), aScale, wScale, bias)];
};

/**
 * A·Bᵀ + bias, where B [N, K] is stored in 2, 4 or 8 bits: blocks of `block_size` numbers along K share a scale and a zero
 * point (2^(bits - 1) by default); the lower bits of a byte are the first number. B becomes a float32 constant [K, N].
 */
export const MatMulNBits: Rewrite = ({ b, node, inputs, known }) => {
  const [a, packed, scales, zeros, order, bias] = inputs;
  const [data, scale, zero] = [known(packed), known(scales), known(zeros)];
  const isOrdered = order !== "" || attribute(node, "weight_prepacked", "int", 0) !== 0;
  if (!data || !scale || (zeros && !zero) || isOrdered) return null;
  const sizes = ["N", "K", "block_size", "bits"].map((name) => attribute(node, name, "int", 4)) as Sizes;
  if (!isWhole(sizes, data, scale)) return null;
  const y = b.MatMul(a, b.constant(unpackedWeight(sizes, data, widened(scale), zero && widened(zero))));
  return [bias ? b.Add(y, bias) : y];
};

type Sizes = [rows: number, columns: number, block: number, bits: number];

/** Whether the tensors have the sizes that the attributes say. */
function isWhole([rows, columns, block, bits]: Sizes, data: Tensor, scale: Tensor): boolean {
  const blocks = Math.ceil(columns / block);
  const bytes = rows * blocks * Math.ceil((block * bits) / 8);
  return [2, 4, 8].includes(bits) && data.data.length === bytes && scale.data.length === rows * blocks;
}

/** The transposed weight [K, N] in float32. */
function unpackedWeight([rows, columns, block, bits]: Sizes, data: Tensor, scale: Tensor, zero?: Tensor): Tensor {
  const blocks = Math.ceil(columns / block);
  const result = new Float32Array(rows * columns);
  const numberAt = bitReader(data.data as Uint8Array, bits, blocks * Math.ceil((block * bits) / 8));
  const zeroAt = zeroReader(zero, bits, blocks);
  const scaleAt = scale.data as Float32Array;
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < columns; k++) {
      const i = Math.floor(k / block);
      const number = numberAt(row, k) - zeroAt(row, i);
      result[k * rows + row] = number * (scaleAt[row * blocks + i] as number);
    }
  return float32(result, [columns, rows]);
}

/** Reads the i-th number of a row of numbers of 2, 4 or 8 bits; a row has this many bytes. */
const bitReader = (bytes: Uint8Array, bits: number, rowBytes: number) => {
  const [perByte, mask] = [8 / bits, 2 ** bits - 1];
  return (row: number, i: number) =>
    ((bytes[row * rowBytes + Math.floor(i / perByte)] as number) >> ((i % perByte) * bits)) & mask;
};

/** Zero points are packed like the weight, or are one floating-point number for each block. */
function zeroReader(zero: Tensor | undefined, bits: number, blocks: number): (row: number, i: number) => number {
  if (!zero) return () => 2 ** (bits - 1);
  if (zero.type === "uint8") return bitReader(zero.data as Uint8Array, bits, Math.ceil((blocks * bits) / 8));
  const values = toNumbers(zero);
  return (row, i) => values[row * blocks + i] ?? 0;
}
