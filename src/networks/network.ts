import { GraphBuilder, int, ints } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32, sizeOf } from "../onnx/tensor.js";
import { randomAt } from "../random.js";

/** A processor architecture. Input: RGB images [N, 3, H, W] in [0, 1]. Output: [N, 3, scale·H, scale·W]. */
export interface Network {
  readonly name: string;
  /** One line for the help text. */
  readonly summary: string;
  /** Scales that `build` supports. */
  readonly scales: readonly number[];
  /** Builds the network with initial weights that depend only on `seed`. */
  build(scale: number, seed: number): Graph;
}

/** Names of a processor's input and output. */
export const IMAGE = "image";
export const RESTORED = "restored";

/** Prefix of initializers that are constants of a network and are never trained. */
export const FIXED = "fixed.";

/** Options of `Layers.conv`. */
export interface ConvOptions {
  /** Factor on the standard deviation of the initial weights. Default: 1. */
  readonly gain?: number;
  readonly stride?: number;
  /** Number of channel groups. Default: 1. */
  readonly group?: number;
  /** Padding on each side, in pixels. Default: (kernel - 1) / 2, which keeps the size for odd kernels. */
  readonly pad?: number;
  /** Padding mode. Default: zeros. */
  readonly border?: "zeros" | "reflect";
  /** Initial value of the bias. Default: 0. */
  readonly bias?: number;
  /** Number of consecutive output channels that start with the same weights, as phases of a pixel shuffle. Default: 1. */
  readonly phases?: number;
}

/** Adds layers with initial weights to a graph. The n-th layer's weights depend only on the seed and n. */
export class Layers {
  readonly b: GraphBuilder;
  private layerCount = 0;

  constructor(
    name: string,
    private readonly seed: number,
  ) {
    this.b = new GraphBuilder(name);
  }

  /**
   * A convolution with bias. With the default padding it keeps the image size, or divides it by `stride`. Initial weights
   * are normal with the variance for rectifier networks (He et al. 2015, eq. 10) times `gain`².
   */
  conv(name: string, x: string, inputs: number, outputs: number, kernel: number, options: ConvOptions = {}): string {
    const {
      gain = 1,
      stride = 1,
      group = 1,
      pad = (kernel - 1) / 2,
      border = "zeros",
      bias: initial = 0,
      phases = 1,
    } = options;
    const deviation = gain * Math.sqrt((2 * group) / (inputs * kernel * kernel));
    const weight = this.weight(name, [outputs, inputs / group, kernel, kernel], deviation, phases);
    const bias = this.filled(`${name}.bias`, outputs, initial);
    const window = { strides: [stride, stride], group };
    if (border === "zeros") return this.b.Conv(x, weight, bias, { ...window, pads: [pad, pad, pad, pad] });
    return this.b.Conv(this.b.Pad(x, [0, 0, pad, pad, 0, 0, pad, pad], "", border), weight, bias, window);
  }

  /** A transposed convolution with stride 2, which doubles height and width. Initialized as `conv`. */
  deconv(name: string, x: string, inputs: number, outputs: number, kernel: number): string {
    // With stride 2, each output pixel depends on a quarter of the kernel.
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

  /** A linear layer with bias over the last axis, [inputs] -> [outputs]. Initial weights have variance 1 / inputs. */
  linear(name: string, x: string, inputs: number, outputs: number): string {
    const product = this.b.MatMul(x, this.weight(name, [inputs, outputs], Math.sqrt(1 / inputs)));
    return this.b.Add(product, this.filled(`${name}.bias`, outputs, 0));
  }

  /** Layer normalization over the last axis (Ba et al. 2016). */
  layerNorm(name: string, x: string, channels: number): string {
    const [scale, shift] = [this.filled(`${name}.scale`, channels, 1), this.filled(`${name}.shift`, channels, 0)];
    return this.b.add("LayerNormalization", [x, scale, shift], { axis: int(-1) });
  }

  /** A PReLU with one slope for all channels, initially 0.25. */
  prelu(name: string, x: string): string {
    return this.b.PRelu(x, this.b.initializer(`${name}.slope`, float32([0.25], [1, 1, 1])));
  }

  /** Batch normalization in inference form. Training replaces it by the training form. */
  batchNorm(name: string, x: string, channels: number): string {
    const of = (part: string, value: number) => this.filled(`${name}.${part}`, channels, value);
    return this.b.add("BatchNormalization", [x, of("scale", 1), of("shift", 0), of("mean", 0), of("variance", 1)]);
  }

  /**
   * A weight of the given shape, initialized from a normal distribution with the given standard deviation. Of each `phases`
   * entries of the first axis, all equal the first.
   */
  private weight(name: string, shape: readonly number[], deviation: number, phases = 1): string {
    const random = randomAt(this.seed, this.layerCount++);
    const weights = Float32Array.from({ length: sizeOf(shape) }, () => deviation * random.normal());
    const row = weights.length / (shape[0] ?? 1);
    for (let i = 0; i < weights.length; i += phases * row)
      for (let phase = 1; phase < phases; phase++) weights.copyWithin(i + phase * row, i, i + row);
    return this.b.initializer(`${name}.weight`, float32(weights, shape));
  }

  /** A weight per channel, initialized to one value. */
  private filled(name: string, channels: number, value: number): string {
    return this.b.initializer(name, float32(new Float32Array(channels).fill(value)));
  }
}
