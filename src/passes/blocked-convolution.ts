import { type GraphBuilder, int, ints } from "../onnx/builder.js";
import { attribute, type Node } from "../onnx/graph.js";
import { NCHWC } from "../onnx/nchwc-weights.js";
import { type PassContext, shapeOf } from "./pass.js";

/** The smallest share of outputs in the blocks that hold them: the layout also computes the padding of the last block. */
const MINIMUM_USE = 0.75;

const roundUp = (channels: number, block: number) => Math.ceil(channels / block) * block;

/** Whether a convolution is possible and faster in the blocked layout: its inputs fill whole blocks, or less than one. */
export function fitsBlocks(node: Node, context: PassContext, block: number): boolean {
  const weight = shapeOf(context, node.inputs[1] ?? "");
  const [outputs = 0, inputs = 0] = weight;
  return (
    weight.length === 4 &&
    attribute(node, "group", "int", 1) === 1 &&
    attribute(node, "auto_pad", "string", "NOTSET") === "NOTSET" &&
    outputs >= MINIMUM_USE * roundUp(outputs, block) &&
    (inputs % block === 0 || inputs < block)
  );
}

/**
 * Adds the convolution in the blocked layout.
 * @param x in the blocked layout; in the plain one if its channels do not fill a block.
 * @returns the output in the blocked layout.
 */
export function blockedConvolution(
  b: GraphBuilder,
  node: Node,
  x: string,
  context: PassContext,
  block: number,
): string {
  const [, weight = "", bias = ""] = node.inputs;
  const [outputs, inputs, rows, columns] = shapeOf(context, weight) as [number, number, number, number];
  const extra = roundUp(outputs, block) - outputs;
  const allWeights = extra ? b.Pad(weight, [0, 0, 0, 0, extra, 0, 0, 0]) : weight;
  const reordered = weightInBlocks(b, allWeights, [outputs + extra, inputs, rows, columns], block);
  const allBias = bias && extra ? b.Pad(bias, [0, extra]) : bias;
  const attributes = {
    kernel_shape: ints([rows, columns]),
    strides: ints(attribute(node, "strides", "ints", [1, 1])),
    dilations: ints(attribute(node, "dilations", "ints", [1, 1])),
    pads: ints(attribute(node, "pads", "ints", [0, 0, 0, 0])),
    group: int(1),
  };
  return b.addCustom(NCHWC, "Conv", bias ? [x, reordered, allBias] : [x, reordered], attributes);
}

/** [O, I, h, w] as [O / block, I / block, h, w, block of I, block of O]; as [O / block, I, h, w, block of O] if I < block. */
function weightInBlocks(b: GraphBuilder, weight: string, shape: readonly number[], block: number): string {
  const [o, i, h, w] = shape as [number, number, number, number];
  if (i < block) return b.Reshape(b.Transpose(b.Reshape(weight, [o / block, block, i, h, w]), [0, 2, 3, 4, 1]), shape);
  const split = b.Reshape(weight, [o / block, block, i / block, block, h, w]);
  return b.Reshape(b.Transpose(split, [0, 2, 4, 5, 3, 1]), shape);
}
