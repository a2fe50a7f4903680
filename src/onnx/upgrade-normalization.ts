import { int } from "./builder.js";
import { attribute, type Node } from "./graph.js";
import { float32, int64, zeros } from "./tensor.js";
import { type Upgrade, type UpgradeContext, withAttribute, without } from "./upgrade.js";

/**
 * Up to opset 13 further outputs are training statistics, which inference does not need. Up to opset 8 `spatial` = 0 means
 * one mean and variance for each element instead of each channel.
 */
export const BatchNormalization: Upgrade = (node, context) => {
  if (context.opset >= 14) return node;
  const inference = { ...without(node, "spatial"), outputs: node.outputs.slice(0, 1) };
  const spatial = context.opset >= 9 || attribute(node, "spatial", "int", 1) === 1;
  return spatial ? inference : elementwise(inference, context);
};

/** scale · (x - mean) / √(variance + ε) + bias, all parameters in the shape of one sample. */
function elementwise(node: Node, { add, constant }: UpgradeContext): Node {
  const [x = "", scale = "", bias = "", mean = "", variance = ""] = node.inputs;
  const epsilon = constant(float32([attribute(node, "epsilon", "float", 1e-5)], []));
  const deviation = add("Sqrt", [add("Add", [variance, epsilon])]);
  const normal = add("Div", [add("Sub", [x, mean]), deviation]);
  return { ...node, op: "Add", inputs: [add("Mul", [normal, scale]), bias], attributes: {} };
}

/** Up to opset 20 there is a scale and a bias for each group; since opset 21, for each channel. */
export const GroupNormalization: Upgrade = (node, { opset, add, constant }) => {
  if (opset >= 21) return node;
  const [x = "", scale = "", bias = ""] = node.inputs;
  const groups = constant(int64([attribute(node, "num_groups", "int", 1)]));
  const channels = add("Shape", [x], { start: int(1), end: int(2) });
  const [column, flat] = [constant(int64([-1, 1])), constant(int64([-1]))];
  const shape = add("Concat", [groups, add("Div", [channels, groups])], { axis: int(0) });
  const perChannel = (value: string) => add("Reshape", [add("Expand", [add("Reshape", [value, column]), shape]), flat]);
  return { ...node, inputs: [x, perChannel(scale), perChannel(bias)] };
};

/**
 * Up to opset 11 the ratio is an attribute, which has no effect in inference, and the runtime returns a mask of zeros. Up to
 * opset 9 the mask is float32 instead of bool.
 */
export const Dropout: Upgrade = (node, { opset, add, constant }) => {
  if (opset >= 12) return node;
  const [x = ""] = node.inputs;
  const [y = "", mask] = node.outputs;
  if (mask) add("Expand", [constant(zeros(opset < 10 ? "float32" : "bool", [1])), add("Shape", [x])], {}, mask);
  return { ...without(node, "ratio"), outputs: [y] };
};

/**
 * Up to opset 12 Softmax, LogSoftmax and Hardmax flatten x to a matrix, split before `axis`, and work on its rows; since opset
 * 13 they work along one axis. For the last axis the two are the same.
 */
export const flattening: Upgrade = (node, { opset, add, rank }) => {
  if (opset >= 13) return node;
  const [x = ""] = node.inputs;
  const axis = attribute(node, "axis", "int", 1);
  const last = int(-1);
  if (axis === -1 || axis + 1 === rank(x)) return withAttribute(node, "axis", last);
  const matrix = add(node.op, [add("Flatten", [x], { axis: int(axis) })], { axis: last });
  return { ...node, op: "Reshape", inputs: [matrix, add("Shape", [x])], attributes: {} };
};
