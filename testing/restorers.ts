import { GraphBuilder } from "../src/onnx/builder.js";
import type { Dim, Graph } from "../src/onnx/graph.js";
import { float32, int64, sizeOf } from "../src/onnx/tensor.js";
import { randomAt } from "../src/random.js";

export interface SrresnetOptions {
  readonly channels?: number;
  readonly blocks?: number;
  /** Sizes that the file declares for its input. Default: all dynamic. */
  readonly sizes?: readonly [batch: Dim, height: Dim, width: Dim];
  /** Adds operators before the last layer. */
  readonly extra?: (b: GraphBuilder, features: string) => string;
}

/**
 * A small SRResNet x2 as PyTorch's exporter writes it for opset 17: module names, Constant nodes, unfolded batch
 * normalizations, slopes expanded by Unsqueeze, one slope shared by all blocks, and a tanh output in [-1, 1].
 */
export function exportedSrresnet(options: SrresnetOptions = {}): Graph {
  const { channels = 8, blocks = 2, sizes = ["batch", "height", "width"], extra = (_, x) => x } = options;
  const b = new GraphBuilder("main_graph");
  const [batch, height, width] = sizes;
  const image = b.input("lr", [batch, 3, height, width]);
  const slope = (module: string) => b.initializer(`${module}.weight`, float32([0.25]));
  const [headSlope, blockSlope, upSlope] = [slope("head.1"), slope("shared.prelu"), slope("up.2")];
  const head = prelu(b, "/head/head.1", headSlope, conv(b, "head.0", image, 3, channels, 5));
  let x = head;
  for (let i = 0; i < blocks; i++) {
    const name = `block.${i}`;
    const first = norm(b, `${name}.bn1`, conv(b, `${name}.conv1`, x, channels, channels, 3), channels);
    const second = conv(b, `${name}.conv2`, prelu(b, `/${name}/prelu`, blockSlope, first), channels, channels, 3);
    x = b.Add(x, norm(b, `${name}.bn2`, second, channels));
  }
  const wide = conv(b, "up.0", b.Add(head, x), channels, 4 * channels, 3);
  const large = extra(b, prelu(b, "/up/up.2", upSlope, b.DepthToSpace(wide, 2, "CRD")));
  const doubled = (dim: Dim, name: string) => (typeof dim === "number" ? 2 * dim : name);
  const tanh = b.Tanh(conv(b, "tail", large, channels, 3, 5, 0.2));
  b.output("hr", tanh, [batch, 3, doubled(height, "height_out"), doubled(width, "width_out")]);
  return { ...b.build(), opsets: { "": 17 } };
}

/** The format in its sidecar JSON. */
export const tanhFormat = { output: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } };

/** Normally distributed values that depend only on the name and shape. */
function randomWeight(name: string, shape: readonly number[], deviation: number, mean = 0) {
  const random = randomAt(0, ...Array.from(name, (letter) => letter.charCodeAt(0)));
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => mean + deviation * random.normal()),
    shape,
  );
}

function conv(b: GraphBuilder, name: string, x: string, from: number, to: number, side: number, gain = 1): string {
  const deviation = gain * Math.sqrt(2 / (from * side * side));
  const weight = b.initializer(`${name}.weight`, randomWeight(name, [to, from, side, side], deviation));
  const bias = b.initializer(`${name}.bias`, randomWeight(`${name}.bias`, [to], 0.02));
  const pad = (side - 1) / 2;
  return b.Conv(x, weight, bias, { pads: [pad, pad, pad, pad] });
}

function norm(b: GraphBuilder, name: string, x: string, channels: number): string {
  const of = (part: string, mean: number) =>
    b.initializer(`${name}.${part}`, randomWeight(name + part, [channels], 0.05, mean));
  const parts = [of("weight", 0.7), of("bias", 0), of("running_mean", 0), of("running_var", 1)];
  return b.add("BatchNormalization", [x, ...parts]);
}

/** A PReLU with one slope, which the exporter expands in the graph. */
function prelu(b: GraphBuilder, path: string, slope: string, x: string): string {
  const axes = b.add("Constant", [], { value: { kind: "tensor", value: int64([1, 2]) } }, `${path}/Constant_output_0`);
  return b.PRelu(x, b.add("Unsqueeze", [slope, axes], {}, `${path}/Unsqueeze_output_0`));
}
