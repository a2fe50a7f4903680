import type { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { interpolation } from "./bicubic.js";
import { IMAGE, Layers, type Network, RESTORED } from "./network.js";
import { croppedLike } from "./size.js";

interface Size {
  readonly channels: number;
  readonly blocks: number;
}

/**
 * The default processor. All layers run at low resolution: residual blocks without normalization (as in EDSR, Lim et al.
 * 2017) predict a residual in 3 · factor² channels. The residual is added to the bicubically interpolated image in the same
 * layout, and one pixel shuffle produces the output. The initial weights compute exact bicubic interpolation. At scale 1
 * the first layer has stride 2 and only the residual is shuffled (FFDNet, Zhang et al. 2018, also works at half
 * resolution): a quarter of the computation and twice the receptive field.
 */
const compact = (name: string, { channels, blocks }: Size): Network => ({
  name,
  summary: `${blocks} residual blocks of ${channels} channels at low resolution, added to bicubic interpolation`,
  scales: [1, 2, 3, 4],
  build: (scale, seed) => build(name, { channels, blocks }, scale, seed),
});

/** The compact processor with 4 blocks of 32 channels. */
export const compactS = compact("compact-s", { channels: 32, blocks: 4 });

/** The compact processor with 6 blocks of 64 channels. */
export const compactM = compact("compact-m", { channels: 64, blocks: 6 });

/** The compact processor with 16 blocks of 64 channels. */
export const compactL = compact("compact-l", { channels: 64, blocks: 16 });

function build(name: string, { channels, blocks }: Size, scale: number, seed: number): Graph {
  const layers = new Layers(name, seed);
  const { b } = layers;
  const image = b.input(IMAGE, ["N", 3, "H", "W"]);
  const [factor, stride] = scale === 1 ? [2, 2] : [scale, 1];
  let x = layers.conv("head", image, 3, channels, 5, { stride });
  for (let i = 0; i < blocks; i++) {
    const inner = b.Relu(layers.conv(`block${i}.conv1`, x, channels, channels, 3));
    // Small initial weights in the second layer keep the output of many blocks near their input.
    x = b.Add(x, layers.conv(`block${i}.conv2`, inner, channels, channels, 3, { gain: 0.1 }));
  }
  const residual = layers.conv("tail", x, channels, 3 * factor * factor, 3, { gain: 0 });
  const restored = scale === 1 ? withResidual(b, image, residual) : enlarged(layers, image, residual, scale);
  b.output(RESTORED, restored, ["N", 3, "H_out", "W_out"]);
  return b.build();
}

/** Adds a residual to the image. The residual has half the image's size, rounded up, and four times its channels. */
const withResidual = (b: GraphBuilder, image: string, residual: string): string =>
  b.Add(image, croppedLike(b, b.DepthToSpace(residual, 2, "CRD"), image));

const enlarged = (layers: Layers, image: string, residual: string, scale: number): string =>
  layers.b.DepthToSpace(layers.b.Add(residual, interpolation(layers, image, scale)), scale, "CRD");
