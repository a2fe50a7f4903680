import { int } from "./builder.js";
import type { Expand } from "./expansion.js";
import { attribute } from "./graph.js";
import { float32, int64 } from "./tensor.js";

/**
 * Replaces a deformable convolution (Dai et al. 2017; with a mask Zhu et al. 2019) by a GridSample of the pixels that each
 * weight reads, and a product with the weights. x [N, C, H, W], weights [M, C / groups, kh, kw], offsets
 * [N, offset groups·kh·kw·2, oh, ow] as (y, x) pairs, mask [N, offset groups·kh·kw, oh, ow].
 */
export const DeformConv: Expand = (node, context) => {
  const { add, constant, shape } = context;
  const [x = "", weight = "", offset = "", bias = "", mask = ""] = node.inputs;
  const [image, kernel] = [shape(x), shape(weight)];
  if (image?.length !== 4 || kernel?.length !== 4) return false;
  const [n, channels, h, w] = image as [number, number, number, number];
  const [filters, perGroup, kh, kw] = kernel as [number, number, number, number];
  const window = windowOf(node.attributes, [h, w], [kh, kw]);
  const offsetGroups = attribute(node, "offset_group", "int", 1);
  const groups = channels / perGroup;
  const [taps, [oh, ow]] = [kh * kw, window.output];
  const positions = taps * oh * ow;
  const reshaped = (value: string, ...to: number[]) => add("Reshape", [value, constant(int64(to))]);

  // Offsets [N·offset groups, taps·oh, ow, 2], and the pixels that they are added to.
  const pairs = add("Transpose", [reshaped(offset, n * offsetGroups, taps, 2, oh * ow)], {
    perm: { kind: "ints", value: [0, 1, 3, 2] },
  });
  const pixels = add("Add", [reshaped(pairs, n * offsetGroups, taps * oh, ow, 2), constant(window.pixels)]);
  // GridSample has -1 and 1 at the borders of the image: pixel p is at (2p + 1) / size - 1.
  const scale = constant(float32([2 / h, 2 / w], [2]));
  const points = add("Add", [add("Mul", [pixels, scale]), constant(float32([1 / h - 1, 1 / w - 1], [2]))]);
  const grid = add("Gather", [points, constant(int64([1, 0]))], { axis: int(3) });
  const sampled = add("GridSample", [reshaped(x, n * offsetGroups, channels / offsetGroups, h, w), grid], {
    mode: { kind: "string", value: "linear" },
    padding_mode: { kind: "string", value: "zeros" },
    align_corners: int(0),
  });
  const masked = mask ? add("Mul", [sampled, reshaped(mask, n * offsetGroups, 1, taps * oh, ow)]) : sampled;
  const columns = reshaped(masked, n, groups, perGroup * taps, positions / taps);
  const product = add("MatMul", [reshaped(weight, 1, groups, filters / groups, perGroup * taps), columns]);
  const shaped = bias ? [] : [node.outputs[0] ?? ""];
  const y = add("Reshape", [product, constant(int64([n, filters, oh, ow]))], {}, ...shaped);
  if (bias) add("Add", [y, reshaped(bias, 1, filters, 1, 1)], {}, node.outputs[0]);
  return true;
};

/** The output size of the window, and the pixel (y, x) that each tap reads without an offset: [1, taps·oh, ow, 2]. */
function windowOf(
  attributes: Parameters<Expand>[0]["attributes"],
  [h, w]: readonly [number, number],
  [kh, kw]: readonly [number, number],
) {
  const ints = (name: string, fallback: readonly number[]) => {
    const found = attributes[name];
    return found?.kind === "ints" ? found.value : fallback;
  };
  const [sy = 1, sx = 1] = ints("strides", [1, 1]);
  const [dy = 1, dx = 1] = ints("dilations", [1, 1]);
  const [top = 0, left = 0, bottom = 0, right = 0] = ints("pads", [0, 0, 0, 0]);
  const output = [
    Math.floor((h + top + bottom - dy * (kh - 1) - 1) / sy) + 1,
    Math.floor((w + left + right - dx * (kw - 1) - 1) / sx) + 1,
  ] as const;
  const [oh, ow] = output;
  const pixels = new Float32Array(kh * kw * oh * ow * 2);
  let at = 0;
  for (let ky = 0; ky < kh; ky++)
    for (let kx = 0; kx < kw; kx++)
      for (let y = 0; y < oh; y++)
        for (let x = 0; x < ow; x++) {
          pixels[at++] = y * sy - top + ky * dy;
          pixels[at++] = x * sx - left + kx * dx;
        }
  return { output, pixels: float32(pixels, [1, kh * kw * oh, ow, 2]) };
}
