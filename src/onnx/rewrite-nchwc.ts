import { string } from "./builder.js";
import { attribute } from "./graph.js";
import { isBlockedInput, unblocked } from "./nchwc-weights.js";
import { activated, withoutActivation } from "./rewrite-activation.js";
import { channelsFirst, channelsLast } from "./rewrite-layout.js";
import type { Rewrite } from "./rewriting.js";
import { float32 } from "./tensor.js";

/*
 * The domain com.microsoft.nchwc: operators on blocks of channels, [N, C / block, H, W, block], to which ONNX Runtime
 * converts a graph at its level "all". They are read as operators on [N, C, H, W], where C is a multiple of the block: the
 * weights are brought to the standard order, and the channels that ONNX Runtime added, whose weights are 0, remain.
 */

/** Adds channels of zeros up to a multiple of the block. */
export const ReorderInput: Rewrite = ({ b, node, inputs: [x], blockSize }) => {
  const first = attribute(node, "channels_last", "int", 0) === 1 ? channelsFirst(b, x, 4) : x;
  const channels = b.add("Shape", [first], { start: { kind: "int", value: 1 }, end: { kind: "int", value: 2 } });
  const block = b.integers([blockSize()]);
  const missing = b.add("Mod", [b.add("Sub", [block, b.add("Mod", [channels, block])]), block]);
  const pads = b.Concat([b.integers([0, 0, 0, 0, 0]), missing, b.integers([0, 0])], 0);
  return [b.add("Pad", [first, pads], { mode: string("constant") })];
};

/** Removes the channels that were added. */
export const ReorderOutput: Rewrite = ({ b, node, inputs: [x], blockSize }) => {
  const channels = attribute(node, "channels", "int", 0);
  const y = channels % blockSize() === 0 ? x : b.Slice(x, [1], [0], [channels]);
  return [attribute(node, "channels_last", "int", 0) === 1 ? channelsLast(b, y, 4) : y === x ? b.Identity(x) : y];
};

/** activation(Conv(X, W, B) + Sum). */
export const Conv: Rewrite = ({ b, node, inputs: [x, w, bias, sum], known, blockSize }) => {
  const weight = known(w);
  if (!weight) return null;
  const group = attribute(node, "group", "int", 1);
  const data = unblocked(weight, blockSize(), isBlockedInput(weight, group, blockSize()));
  const y = b.add("Conv", [x, b.constant(float32(data, weight.shape)), bias], withoutActivation(node));
  const z = activated(b, sum ? b.Add(y, sum) : y, node);
  return z === null ? null : [z];
};

const same =
  (op: string): Rewrite =>
  ({ b, node, inputs: [x] }) => [b.add(op, [x], node.attributes)];

export const MaxPool = same("MaxPool");
export const AveragePool = same("AveragePool");
export const GlobalMaxPool = same("GlobalMaxPool");
export const GlobalAveragePool = same("GlobalAveragePool");

/** Resize by whole factors, "nearest" or "linear". */
export const Upsample: Rewrite = ({ b, node, inputs: [x] }) => {
  const mode = attribute(node, "mode", "string", "nearest");
  const coordinates = attribute(node, "coordinate_transformation_mode", "string", "asymmetric");
  return [
    b.Resize(x, attribute(node, "scales", "ints", [1, 1, 1, 1]), {
      mode: string(mode),
      coordinate_transformation_mode: string(coordinates),
      ...(mode === "nearest" && { nearest_mode: string("floor") }),
    }),
  ];
};
