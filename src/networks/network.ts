import { randomAt } from "../data/random.js";
import { GraphBuilder } from "../graph/builder.js";
import type { Graph } from "../graph/graph.js";
import { float32, sizeOf } from "../graph/tensor.js";

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

export interface ConvOptions {
  /** Factor of the drawn weights' deviation. Default: 1. */
  readonly gain?: number;
  readonly stride?: number;
  /** Parts that the channels fall into, each with weights of its own. Default: 1. */
  readonly group?: number;
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
    const { gain = 1, stride = 1, group = 1 } = options;
    const shape = [outputs, inputs / group, kernel, kernel];
    const random = randomAt(this.seed, this.drawn++);
    const deviation = gain * Math.sqrt((2 * group) / (inputs * kernel * kernel));
    const weights = Float32Array.from({ length: sizeOf(shape) }, () => deviation * random.normal());
    const weight = this.b.initializer(`${name}.weight`, float32(weights, shape));
    const bias = this.b.initializer(`${name}.bias`, float32(new Float32Array(outputs)));
    const pad = (kernel - 1) / 2;
    return this.b.Conv(x, weight, bias, { pads: [pad, pad, pad, pad], strides: [stride, stride], group });
  }

  /** A PReLU with one slope for all channels, 0.25 at first. */
  prelu(name: string, x: string): string {
    return this.b.PRelu(x, this.b.initializer(`${name}.slope`, float32([0.25], [1, 1, 1])));
  }

  /** A batch normalization in its inference form; training switches it over. */
  batchNorm(name: string, x: string, channels: number): string {
    const of = (part: string, value: number) =>
      this.b.initializer(`${name}.${part}`, float32(new Float32Array(channels).fill(value)));
    return this.b.add("BatchNormalization", [x, of("scale", 1), of("shift", 0), of("mean", 0), of("variance", 1)]);
  }
}
