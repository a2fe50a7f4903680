import { range } from "../autodiff/rule.js";
import type { GraphBuilder } from "../onnx/builder.js";
import { attribute, type Node } from "../onnx/graph.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { type Pass, type PassContext, shapeOf } from "./pass.js";
import { rewrite } from "./rewrite.js";

/** Outputs up to which the runtime's convolutions waste most of what they compute: they fill vectors with channels. */
const NARROW = 4;
/** From so many rows of the kernel on the rewrite pays. */
const TALL = 5;

/**
 * A convolution with few outputs and a tall kernel, such as the last 9×9 layer of SRResNet, as a convolution by the
 * kernel's rows with a channel for each output and row, and the sum of those channels shifted against each other:
 * y[m, i] = Σ_r z[(r, m), i + r], z = the rows' convolution. 180 to 46 ms for 64 -> 3 channels, batch 4, 224².
 */
export const narrowConvolution: Pass = {
  name: "narrow-convolution",
  summary: "a convolution with few outputs by the rows of its kernel",
  stage: "step",
  apply: (graph, context) => rewrite(graph, (node, b) => isNarrow(node, context) && replace(node, b, context)),
};

function isNarrow(node: Node, context: PassContext): boolean {
  if (node.op !== "Conv" || attribute(node, "auto_pad", "string", "NOTSET") !== "NOTSET") return false;
  const weight = context.shapes.get(node.inputs[1] ?? "") ?? [];
  const [outputs = 0, inputs = 0, rows = 0] = weight;
  const moves = [...attribute(node, "strides", "ints", []), ...attribute(node, "dilations", "ints", [])];
  return (
    weight.length === 4 &&
    outputs <= NARROW &&
    inputs > 2 * NARROW &&
    rows >= TALL &&
    attribute(node, "group", "int", 1) === 1 &&
    moves.every((move) => move === 1)
  );
}

function replace(node: Node, b: GraphBuilder, context: PassContext): true {
  const [x = "", weight = "", bias = ""] = node.inputs;
  const [outputs, inputs, rows, columns] = shapeOf(context, weight) as [number, number, number, number];
  const byRow = b.Reshape(b.Transpose(weight, [2, 0, 1, 3]), [rows * outputs, inputs, 1, columns]);
  const convolve = (weights: string) => b.Conv(x, weights, "", { pads: attribute(node, "pads", "ints", [0, 0, 0, 0]) });
  const rest = bias ? [b.Reshape(bias, [1, outputs, 1, 1])] : [];
  const { block } = context;
  if (block === null) {
    const height = shapeOf(context, node.outputs[0] ?? "")[2] ?? 0;
    const z = convolve(byRow);
    const shifted = range(rows).map((row) =>
      b.Slice(z, [1, 2], [row * outputs, row], [(row + 1) * outputs, row + height]),
    );
    b.add("Sum", [...shifted, ...rest], {}, node.outputs[0]);
    return true;
  }
  const channels = Math.ceil((rows * outputs) / block) * block;
  const z = convolve(b.Pad(byRow, [0, 0, 0, 0, channels - rows * outputs, 0, 0, 0]));
  const sum = b.Slice(b.Conv(z, b.constant(shiftedSum(rows, outputs, channels, block))), [1], [0], [outputs]);
  b.add("Sum", [sum, ...rest], {}, node.outputs[0]);
  return true;
}

/**
 * The sum of shifted channels as a convolution that stays in blocks of channels: weights [block, channels, rows, 1] that take
 * row r of the channel (r, m) to output m. It multiplies by many zeros and is still faster than leaving the blocks.
 */
function shiftedSum(rows: number, outputs: number, channels: number, block: number): Tensor {
  const data = new Float32Array(block * channels * rows);
  for (let row = 0; row < rows; row++)
    for (let m = 0; m < outputs; m++) data[(m * channels + row * outputs + m) * rows + row] = 1;
  return float32(data, [block, channels, rows, 1]);
}
