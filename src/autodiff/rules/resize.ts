import { float32 } from "../../onnx/tensor.js";
import { alongAxis, numbersOf, type RuleContext, range, stringOf, withLimits } from "../rule.js";

/**
 * Resizing is linear and separable: a product with a matrix along each axis that changes. Its gradient is the product with
 * the transposed matrices. In every mode and coordinate transformation, the matrix of an axis is the result of the operator
 * itself for the identity matrix.
 */
export const Resize = withLimits("constant sizes; no tf_crop_and_resize", (context) => {
  const { b, node, inputs, outputs, grads, shape, refuse } = context;
  if (stringOf(node, "coordinate_transformation_mode", "half_pixel") === "tf_crop_and_resize")
    throw refuse("resizes a region of interest");
  const [x, y] = [shape(inputs[0]), shape(outputs[0])];
  const scales = scalesOf(context);
  let grad = grads[0];
  for (const axis of range(x.length)) {
    const scale = scales[axis] ?? 1;
    if (scale === 1 && x[axis] === y[axis]) continue;
    grad = alongAxis(context, grad, axis, resizeMatrix(context, x[axis] ?? 1, y[axis] ?? 1, scale));
  }
  return [b.Identity(grad)];
});

/** The scale of every axis: an input, or the ratio of the sizes. */
function scalesOf(context: RuleContext): number[] {
  const { node, inputs, outputs, shape } = context;
  const [x, y] = [shape(inputs[0]), shape(outputs[0])];
  const scales = numbersOf(context, inputs[2], []);
  if (scales.length === 0) return x.map((size, axis) => (y[axis] ?? size) / size);
  const a = node.attributes.axes;
  const axes = a?.kind === "ints" ? a.value.map((axis) => (axis < 0 ? axis + x.length : axis)) : range(x.length);
  return x.map((_, axis) => (axes.includes(axis) ? (scales[axes.indexOf(axis)] ?? 1) : 1));
}

/** The matrix [to, from] of resizing one axis: the transpose of the identity [1, 1, from, from] resized along its last axis. */
function resizeMatrix(context: RuleContext, from: number, to: number, scale: number): string {
  const { b, node, inputs } = context;
  const identity = new Float32Array(from * from);
  for (const i of range(from)) identity[i * from + i] = 1;
  const image = b.constant(float32(identity, [1, 1, from, from]));
  const { axes: _, keep_aspect_ratio_policy: __, extrapolation_value: ___, ...attributes } = node.attributes;
  const hasScales = inputs[2] && numbersOf(context, inputs[2], []).length > 0;
  const resized = hasScales
    ? b.Resize(image, [1, 1, 1, scale], attributes)
    : b.add("Resize", [image, "", "", b.integers([1, 1, from, to])], attributes);
  return b.Transpose(b.Reshape(resized, [from, to]), [1, 0]);
}
