import { GraphBuilder, int, ints } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32, sizeOf } from "../onnx/tensor.js";
import { randomAt } from "../random.js";

/** A processor that Legible can build: image [N, 3, H, W] in [0, 1] in, [N, 3, scale·H, scale·W] out. */
export interface Network {
  readonly name: string;
  /** One line for the help text. */
  readonly summary: string;
  readonly scales: readonly number[];
  build(scale: number, seed: number): Graph;
}

/** Names of a processor's input and output. */
export const IMAGE = "image";
export const RESTORED = "restored";

/** Initializers whose names begin so are constants of a network and never trained. */
export const FIXED = "fixed.";

export interface ConvOptions {
  /** Factor of the drawn weights' deviation. Default: 1. */
  readonly gain?: number;
  readonly stride?: number;
  /** Parts that the channels fall into, each with weights of its own. Default: 1. */
  readonly group?: number;
  /** Pixels that the picture is padded by on each side. Default: what keeps its size, for odd kernels. */
  readonly pad?: number;
  /** What it is padded with: zeros, or what a mirror at the edge shows. Default: zeros. */
  readonly border?: "zeros" | "reflect";
}

/** Adds layers with freshly drawn weights to a graph; the n-th layer's weights follow from the seed and n. */
export class Layers {
  readonly b: GraphBuilder;
  private drawn = 0;

  constructor(
    name: string,
    private readonly seed: number,
  ) {
    this.b = new GraphBuilder(name);
  }

  /**
   * A convolution that keeps the size of the image, or divides it by `stride`; with `group` the channels fall into so
   * many parts, each with weights of its own. Weights are normal with the variance that keeps a rectifier network's
   * activations of one size (He et al. 2015, eq. 10), times `gain`².
   */
  conv(name: string, x: string, inputs: number, outputs: number, kernel: number, options: ConvOptions = {}): string {
    const { gain = 1, stride = 1, group = 1, pad = (kernel - 1) / 2, border = "zeros" } = options;
    const deviation = gain * Math.sqrt((2 * group) / (inputs * kernel * kernel));
    const weight = this.weight(name, [outputs, inputs / group, kernel, kernel], deviation);
    const bias = this.filled(`${name}.bias`, outputs, 0);
    const window = { strides: [stride, stride], group };
    if (border === "zeros") return this.b.Conv(x, weight, bias, { ...window, pads: [pad, pad, pad, pad] });
    return this.b.Conv(this.b.Pad(x, [0, 0, pad, pad, 0, 0, pad, pad], "", border), weight, bias, window);
  }

  /** A transposed convolution that doubles the sides of the image. Weights are drawn as for `conv`. */
  deconv(name: string, x: string, inputs: number, outputs: number, kernel: number): string {
    // With a stride of 2, every pixel of the result meets a quarter of the kernel.
    const deviation = Math.sqrt(8 / (inputs * kernel * kernel));
    const weight = this.weight(name, [inputs, outputs, kernel, kernel], deviation);
    const pad = (kernel - 1) >> 1;
    return this.b.add("ConvTranspose", [x, weight, this.filled(`${name}.bias`, outputs, 0)], {
      kernel_shape: ints([kernel, kernel]),
      strides: ints([2, 2]),
      pads: ints([pad, pad, pad, pad]),
      output_padding: ints([kernel % 2, kernel % 2]),
    });
  }

  /** The last axis [inputs] as [outputs]: a matrix and a bias. The matrix keeps the size of what it is applied to. */
  linear(name: string, x: string, inputs: number, outputs: number): string {
    const product = this.b.MatMul(x, this.weight(name, [inputs, outputs], Math.sqrt(1 / inputs)));
    return this.b.Add(product, this.filled(`${name}.bias`, outputs, 0));
  }

  /** A normalization of each last axis by itself (Ba et al. 2016). */
  layerNorm(name: string, x: string, channels: number): string {
    const [scale, shift] = [this.filled(`${name}.scale`, channels, 1), this.filled(`${name}.shift`, channels, 0)];
    return this.b.add("LayerNormalization", [x, scale, shift], { axis: int(-1) });
  }

  /** A PReLU with one slope for all channels, 0.25 at first. */
  prelu(name: string, x: string): string {
    return this.b.PRelu(x, this.b.initializer(`${name}.slope`, float32([0.25], [1, 1, 1])));
  }

  /** A batch normalization in its inference form; training switches it over. */
  batchNorm(name: string, x: string, channels: number): string {
    const of = (part: string, value: number) => this.filled(`${name}.${part}`, channels, value);
    return this.b.add("BatchNormalization", [x, of("scale", 1), of("shift", 0), of("mean", 0), of("variance", 1)]);
  }
  /** A weight of this shape, drawn normal with this deviation. */
  private weight(name: string, shape: readonly number[], deviation: number): string {
    const random = randomAt(this.seed, this.drawn++);
    const weights = Float32Array.from({ length: sizeOf(shape) }, () => deviation * random.normal());
    return this.b.initializer(`${name}.weight`, float32(weights, shape));
  }

  /** A weight for each channel, of one value at first. */
  private filled(name: string, channels: number, value: number): string {
    return this.b.initializer(name, float32(new Float32Array(channels).fill(value)));
  }
}
