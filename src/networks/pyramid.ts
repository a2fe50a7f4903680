import type { Graph } from "../onnx/graph.js";
import { enlarged } from "./bicubic.js";
import { IMAGE, Layers, type Network, RESTORED } from "./network.js";
import { croppedLike } from "./size.js";

interface Size {
  /** Channels at half of the output's resolution. */
  readonly half: number;
  /** Channels at a quarter of the output's resolution. */
  readonly quarter: number;
  /** Residual blocks at a quarter of the output's resolution. */
  readonly blocks: number;
}

/**
 * A processor for every task. Most of its layers run at a quarter of the output's resolution, whatever the scale: an input of
 * that size enters there, and a larger one is reduced by convolutions of stride 2 and joins again at half the resolution (as in
 * a U-Net, Ronneberger et al. 2015). Between the two pixel shuffles is a residual block, so that no single layer decides the
 * phases of a 4×4 lattice. All phases of the first shuffle start with equal weights (ICNR, Aitken et al. 2017). The result is
 * added to the bicubically interpolated image; the initial weights compute exact interpolation.
 */
const pyramid = (name: string, size: Size): Network => ({
  name,
  summary: `${size.blocks} residual blocks of ${size.quarter} channels at a quarter of the output's resolution`,
  scales: [1, 2, 4],
  build: (scale, seed) => build(name, size, scale, seed),
});

/** The pyramid with 6 blocks of 32 channels. */
export const pyramidS = pyramid("pyramid-s", { half: 16, quarter: 32, blocks: 6 });

/** The pyramid with 6 blocks of 64 channels. */
export const pyramidM = pyramid("pyramid-m", { half: 32, quarter: 64, blocks: 6 });

function build(name: string, { half, quarter, blocks }: Size, scale: number, seed: number): Graph {
  const layers = new Layers(name, seed);
  const { b } = layers;
  const image = b.input(IMAGE, ["N", 3, "H", "W"]);
  const block = (key: string, x: string, channels: number) => {
    const inner = b.Relu(layers.conv(`${key}.conv1`, x, channels, channels, 3));
    // Small initial weights in the second layer keep the output of many blocks near their input.
    return b.Add(x, layers.conv(`${key}.conv2`, inner, channels, channels, 3, { gain: 0.1 }));
  };
  const skip =
    scale === 4 ? null : block("down", layers.conv("head", image, 3, half, 5, { stride: scale === 1 ? 2 : 1 }), half);
  let x = skip
    ? layers.conv("reduce", skip, half, quarter, 3, { stride: 2 })
    : layers.conv("head", image, 3, quarter, 5);
  for (let i = 0; i < blocks; i++) x = block(`block${i}`, x, quarter);
  const doubled = b.DepthToSpace(layers.conv("enlarge", x, quarter, 4 * half, 1, { phases: 4 }), 2, "CRD");
  // The stride-2 convolutions round odd sizes up.
  x = block("up", skip ? b.Add(skip, croppedLike(b, doubled, skip)) : doubled, half);
  const residual = b.DepthToSpace(layers.conv("tail", x, half, 12, 3, { gain: 0 }), 2, "CRD");
  const start = enlarged(layers, image, scale);
  b.output(RESTORED, b.Add(start, scale === 1 ? croppedLike(b, residual, image) : residual), [
    "N",
    3,
    "H_out",
    "W_out",
  ]);
  return b.build();
}
