import { ints } from "./builder.js";
import { attribute, type Node } from "./graph.js";
import { channelsFirst, channelsLast } from "./rewrite-layout.js";
import type { Rewrite } from "./rewriting.js";

/*
 * The domain com.ms.internal.nhwc: standard operators on [N, H, W, C], which ONNX Runtime's layout transformation writes for
 * devices that prefer this layout. Weights keep the standard order.
 */

/** The number of axes of an input of a window; 4 if the node does not say. */
const kernelRank = (node: Node): number => attribute(node, "kernel_shape", "ints", [1, 1]).length + 2;

/** The standard operator between two transpositions; the other inputs are unchanged. */
const transposed =
  (op: string): Rewrite =>
  ({ b, node, inputs: [x, ...rest], rank }) => {
    const axes = rank(x) ?? kernelRank(node);
    const others = rest.slice(0, node.inputs.length - 1);
    const y = b.add(op, [channelsFirst(b, x, axes), ...others], node.attributes);
    return [channelsLast(b, y, axes)];
  };

export const Conv = transposed("Conv");
export const ConvTranspose = transposed("ConvTranspose");
export const MaxPool = transposed("MaxPool");
export const AveragePool = transposed("AveragePool");
export const LpPool = transposed("LpPool");
export const QLinearConv = transposed("QLinearConv");
export const GlobalAveragePool = transposed("GlobalAveragePool");
export const GlobalMaxPool = transposed("GlobalMaxPool");
export const GlobalLpPool = transposed("GlobalLpPool");
export const BatchNormalization = transposed("BatchNormalization");
export const InstanceNormalization = transposed("InstanceNormalization");
export const LRN = transposed("LRN");
export const DepthToSpace = transposed("DepthToSpace");
export const SpaceToDepth = transposed("SpaceToDepth");
export const GridSample = transposed("GridSample");

/** Scales and sizes are in the order of the axes of x, as for the standard operator; only its `axes` are renumbered. */
export const Resize: Rewrite = ({ b, node, inputs: [x, roi, scales, sizes] }) => {
  if (roi) return null;
  const axes = attribute(node, "axes", "ints", []);
  const reordered = (value: string) => value && b.Gather(value, b.integers([0, 3, 1, 2]), 0);
  const first = channelsFirst(b, x, 4);
  if (axes.length === 0)
    return [channelsLast(b, b.add("Resize", [first, "", reordered(scales), reordered(sizes)], node.attributes), 4)];
  const renumbered = { axes: ints(axes.map((axis) => [0, 2, 3, 1][axis < 0 ? axis + 4 : axis] ?? axis)) };
  return [channelsLast(b, b.add("Resize", [first, "", scales, sizes], { ...node.attributes, ...renumbered }), 4)];
};
