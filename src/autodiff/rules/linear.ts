import type { GraphBuilder } from "../../onnx/builder.js";
import { floatOf, intOf, type Rule, unbroadcast } from "../rule.js";

/** The shape of A·B for batches of matrices: the leading axes broadcast, then rows of A and columns of B. */
function productShape(a: readonly number[], w: readonly number[], rows: number, columns: number): number[] {
  const rank = Math.max(a.length, w.length) - 2;
  const size = (shape: readonly number[], axis: number) => shape[axis - rank + shape.length - 2] ?? 1;
  return [...Array.from({ length: rank }, (_, axis) => Math.max(size(a, axis), size(w, axis))), rows, columns];
}

/** y = A·B over the last two axes, broadcasting the rest. dA = dy·Bᵀ, dB = Aᵀ·dy, summed over broadcast axes. */
export const MatMul: Rule = ({ b, inputs: [a, w], grads: [dy], needsGrad, shape }) => {
  // A vector on the left is a row, on the right a column, as in numpy.
  const left = shape(a).length === 1 ? [1, ...shape(a)] : shape(a);
  const right = shape(w).length === 1 ? [...shape(w), 1] : shape(w);
  const [rows, inner] = left.slice(-2) as [number, number];
  const columns = right.at(-1) as number;
  const as = (value: string, to: readonly number[]) => b.reshaped(value, shape(value), to);
  const out = b.Reshape(dy, productShape(left, right, rows, columns));
  const back = (grad: string, from: readonly number[], via: readonly number[], to: readonly number[]) =>
    b.reshaped(unbroadcast(b, grad, from, via), via, to);
  return [
    needsGrad[0]
      ? back(b.MatMul(out, transposed(b, as(w, right), right)), productShape(left, right, rows, inner), left, shape(a))
      : null,
    needsGrad[1]
      ? back(
          b.MatMul(transposed(b, as(a, left), left), out),
          productShape(left, right, inner, columns),
          right,
          shape(w),
        )
      : null,
  ];
};

const transposed = (b: GraphBuilder, value: string, shape: readonly number[]) => b.transposeLast(value, shape.length);

/** y = α·A′·B′ + β·C with A′ = A or Aᵀ, B′ = B or Bᵀ. dA′ = α·dy·B′ᵀ, dB′ = α·A′ᵀ·dy, dC = β·Σ dy. */
export const Gemm: Rule = ({ b, node, inputs: [a, w, c], outputs: [y], grads: [dy], needsGrad, shape }) => {
  const scaled = (value: string, by: number) => (by === 1 ? value : b.Mul(value, b.scalar(by)));
  const T = (value: string) => b.Transpose(value, [1, 0]);
  const [transA, transB] = [intOf(node, "transA", 0), intOf(node, "transB", 0)];
  const out = scaled(dy, floatOf(node, "alpha", 1));
  const dA = () => (transA ? b.MatMul(transB ? T(w) : w, T(out)) : b.MatMul(out, transB ? w : T(w)));
  const dB = () => (transB ? b.MatMul(T(out), transA ? T(a) : a) : b.MatMul(transA ? a : T(a), out));
  return [
    needsGrad[0] ? dA() : null,
    needsGrad[1] ? dB() : null,
    needsGrad[2] ? unbroadcast(b, scaled(dy, floatOf(node, "beta", 1)), shape(y), shape(c)) : null,
  ];
};
