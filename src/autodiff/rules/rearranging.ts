import { type GraphBuilder, int, ints } from "../../onnx/builder.js";
import { float32, sizeOf } from "../../onnx/tensor.js";
import { axisOf, intOf, intsOf, numbersOf, type Rule, range, withLimits } from "../rule.js";

/** y = the leading elements along `time_axis` in reverse order, as many as each sequence is long. The same again undoes it. */
export const ReverseSequence: Rule = ({ b, node, inputs: [, lengths], grads: [dy] }) => [
  b.add("ReverseSequence", [dy, lengths], node.attributes),
];

/** y = x cropped or padded at both ends of some axes. dx = dy padded or cropped to the shape of x. */
export const CenterCropPad: Rule = ({ b, node, inputs: [x], grads: [dy], shape }) => {
  const axes = intsOf(node, "axes", range(shape(x).length));
  const sizes = axes.map((axis) => shape(x)[axisOf(axis, shape(x).length)] ?? 1);
  return [b.add("CenterCropPad", [dy, b.integers(sizes)], node.attributes)];
};

/** y = zeros with each element of x at its index in the flat y. dx = the elements of dy at these indices. */
export const MaxUnpool: Rule = ({ b, inputs: [, indices], grads: [dy] }) => [b.Gather(b.Reshape(dy, [-1]), indices, 0)];

/** y = the slices of x along an axis (default: the elements of the flat x) where a condition holds. dx has dy there, 0 elsewhere. */
export const Compress: Rule = ({ b, node, inputs: [x, condition], grads: [dy], shape }) => {
  const sizes = shape(x);
  const positions = b.Transpose(b.add("NonZero", [condition]), [1, 0]);
  const into = (size: readonly number[], updates: string) =>
    b.add("ScatterND", [b.filled(0, size), positions, updates]);
  if (!node.attributes.axis) return [b.Reshape(into([sizeOf(sizes)], dy), sizes)];
  const axis = axisOf(intOf(node, "axis", 0), sizes.length);
  const perm = swapped(axis, sizes.length);
  return [
    b.Transpose(
      into(
        perm.map((a) => sizes[a] ?? 1),
        b.Transpose(dy, perm),
      ),
      perm,
    ),
  ];
};

/** The axes with `axis` and the first exchanged, which is its own inverse. */
const swapped = (axis: number, rank: number) => range(rank).map((a) => (a === axis ? 0 : a === 0 ? axis : a));

/**
 * y = the image whose blocks are the columns of x, overlapping pixels summed. dx = the blocks of dy as columns, which a
 * convolution with one kernel for each pixel of a block computes.
 */
export const Col2Im: Rule = withLimits("constant sizes", (context) => {
  const { b, node, inputs, grads, shape } = context;
  const [image, block] = [numbersOf(context, inputs[1], []), numbersOf(context, inputs[2], [])];
  const planes = b.Reshape(grads[0], [-1, 1, ...image]);
  const { strides, pads, dilations } = node.attributes;
  const columns = b.add("Conv", [planes, onePixelEach(b, block)], {
    kernel_shape: ints(block),
    group: int(1),
    ...(strides && { strides }),
    ...(pads && { pads }),
    ...(dilations && { dilations }),
  });
  return [b.Reshape(columns, shape(inputs[0]))];
});

/** Kernels [n, 1, …block], one for each of the n pixels of a block: 1 there, 0 elsewhere. */
function onePixelEach(b: GraphBuilder, block: readonly number[]): string {
  const n = sizeOf(block);
  const data = new Float32Array(n * n);
  for (const i of range(n)) data[i * n + i] = 1;
  return b.constant(float32(data, [n, 1, ...block]));
}
