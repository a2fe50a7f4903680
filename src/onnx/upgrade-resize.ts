import { string } from "./builder.js";
import { attribute, type Node } from "./graph.js";
import { float32, toNumbers } from "./tensor.js";
import { type Upgrade, type UpgradeContext, withAttribute, withInput, without } from "./upgrade.js";

/** Upsample (deprecated since opset 10) equals the Resize of opset 10; up to opset 8 its scales are an attribute. */
export const Upsample: Upgrade = (node, context) => {
  const scales = attribute(node, "scales", "floats", []);
  const x = node.inputs[0] ?? "";
  const inputs = [x, node.inputs[1] ?? context.constant(float32(scales))];
  return asymmetric({ ...without(node, "scales"), op: "Resize", inputs }, context);
};

/** Up to opset 10 there is no region of interest, and coordinates are asymmetric. */
export const Resize: Upgrade = (node, context) => {
  if (context.opset < 11) return asymmetric(node, context);
  // Opset 11 requires an empty tensor for an unused input; later opsets leave it out.
  const isEmpty = (value: string) => context.known(value)?.data.length === 0;
  return { ...node, inputs: node.inputs.map((value, i) => (i > 0 && isEmpty(value) ? "" : value)) };
};

/**
 * A node with inputs (x, scales) and asymmetric coordinates. Mode "nearest" rounds down along axes that grow, as the
 * specification prescribes, and up along axes that shrink, as ONNX Runtime does in contradiction to it.
 */
function asymmetric(node: Node, context: UpgradeContext): Node {
  const [x = "", scales = ""] = node.inputs;
  const mode = attribute(node, "mode", "string", "nearest");
  const kind = mode === "nearest" ? mode : "linear";
  const attributes = (rounding: string): Node["attributes"] => ({
    mode: string(kind),
    coordinate_transformation_mode: string("asymmetric"),
    ...(kind === "nearest" && { nearest_mode: string(rounding) }),
  });
  const factors = toNumbers(context.known(scales) ?? float32([]));
  const shrinks = kind === "nearest" && factors.some((factor) => factor < 1);
  if (!shrinks) return { ...node, inputs: [x, "", scales], attributes: attributes("floor") };
  if (factors.every((factor) => factor <= 1))
    return { ...node, inputs: [x, "", scales], attributes: attributes("ceil") };
  const only = (bound: (factor: number) => number) => context.constant(float32(factors.map(bound)));
  const smaller = context.add("Resize", [x, "", only((factor) => Math.min(factor, 1))], attributes("ceil"));
  return { ...node, inputs: [smaller, "", only((factor) => Math.max(factor, 1))], attributes: attributes("floor") };
}

/** Opset 20 renamed the modes of GridSample. */
export const GridSample: Upgrade = (node, { opset }) => {
  const names: Record<string, string> = { bilinear: "linear", bicubic: "cubic" };
  const mode = attribute(node, "mode", "string", "bilinear");
  return opset >= 20 ? node : withAttribute(node, "mode", string(names[mode] ?? mode));
};

/** Up to opset 15 the corners of a region are not shifted by half a pixel. */
export const RoiAlign: Upgrade = (node, { opset }) =>
  opset >= 16 ? node : withAttribute(node, "coordinate_transformation_mode", string("output_half_pixel"));

/** Up to opset 19 the axis is an attribute with the default 1; since opset 20 an input with another default. */
export const DFT: Upgrade = (node, { opset, constant }) => {
  if (opset >= 20) return node;
  const axis = constant({
    type: "int64",
    shape: [],
    data: BigInt64Array.of(BigInt(attribute(node, "axis", "int", 1))),
  });
  return withInput(without(node, "axis"), 2, axis);
};
