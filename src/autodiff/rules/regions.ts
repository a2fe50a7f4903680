import { type GraphBuilder, int } from "../../onnx/builder.js";
import { float32 } from "../../onnx/tensor.js";
import { floatOf, type RuleContext, range, stringOf, withLimits } from "../rule.js";

/**
 * y[r] = A[r]·x[i]·B[r]ᵀ for each region r of the image i (He et al. 2017, sec. 3: bilinear samples, averaged in each cell),
 * because the samples of a cell and their weights are those of the rows times those of the columns. dx[i] sums
 * A[r]ᵀ·dy[r]·B[r] over the regions of the image. The operator itself computes the matrices, from the identity.
 */
export const RoiAlign = withLimits("mode avg; no gradient to the regions", (context) => {
  const { b, node, inputs, grads, shape, refuse } = context;
  if (stringOf(node, "mode", "avg") !== "avg") throw refuse("has the mode max");
  const images = shape(inputs[0]);
  const [rows, columns] = [weights(context, 2), weights(context, 3)];
  const parts = b.MatMul(b.MatMul(b.transposeLast(rows, 4), grads[0]), columns);
  const index = b.Reshape(inputs[2], [-1, 1]);
  return [b.add("ScatterND", [b.filled(0, images), index, parts], { reduction: { kind: "string", value: "add" } })];
});

/** The weights [regions, 1, cells, size] of the pixels along an axis (2 rows, 3 columns) in the cells of each region. */
function weights({ b, node, inputs, outputs, shape }: RuleContext, axis: 2 | 3): string {
  const size = shape(inputs[0])[axis] ?? 1;
  const cells = shape(outputs[0])[axis] ?? 1;
  const along = axis === 2 ? "output_height" : "output_width";
  const across = axis === 2 ? "output_width" : "output_height";
  // An image of one pixel across, with a channel for each pixel along the axis: 1 there, 0 elsewhere.
  const image = identityAlong(b, size, axis);
  const scale = floatOf(node, "spatial_scale", 1);
  const attributes = { ...node.attributes, [along]: int(cells), [across]: int(1) };
  const none = b.Mul(inputs[2], b.constant({ type: "int64", shape: [], data: BigInt64Array.of(0n) }));
  const response = b.add("RoiAlign", [image, onePixelAcross(b, inputs[1], axis, 1 / scale), none], attributes);
  const regions = shape(outputs[0])[0] ?? 1;
  return b.Reshape(b.Transpose(b.Reshape(response, [regions, size, cells]), [0, 2, 1]), [regions, 1, cells, size]);
}

function identityAlong(b: GraphBuilder, size: number, axis: 2 | 3): string {
  const data = new Float32Array(size * size);
  for (const i of range(size)) data[i * size + i] = 1;
  return b.constant(float32(data, axis === 2 ? [1, size, size, 1] : [1, size, 1, size]));
}

/** The regions [x1, y1, x2, y2] with the pixel from 0 to `end` across the axis. */
function onePixelAcross(b: GraphBuilder, regions: string, axis: 2 | 3, end: number): string {
  const keep = b.constant(float32(axis === 2 ? [0, 1, 0, 1] : [1, 0, 1, 0]));
  const pixel = b.constant(float32(axis === 2 ? [0, 0, end, 0] : [0, 0, 0, end]));
  return b.Add(b.Mul(regions, keep), pixel);
}
