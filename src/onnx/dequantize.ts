import { float32, sizeOf, type Tensor } from "./tensor.js";

/**
 * (value - zero)·scale in float32 for a constant, with one scale and zero point or one for each index of an axis. ONNX Runtime
 * computes the product with a DequantizeLinear of a constant in 8 bits (it fuses them to MatMulNBits), and the product with
 * this constant in float32.
 */
export function dequantize(value: Tensor, scales: readonly number[], zeros: readonly number[], axis: number): Tensor {
  const { data, shape } = value;
  const from = axis < 0 ? axis + shape.length : axis;
  const inner = sizeOf(shape.slice(from + 1));
  const count = shape[from] ?? 1;
  const at = (numbers: readonly number[], i: number) =>
    (numbers.length > 1 ? numbers[Math.floor(i / inner) % count] : numbers[0]) as number;
  const result = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) result[i] = (Number(data[i]) - at(zeros, i)) * at(scales, i);
  return float32(result, shape);
}
