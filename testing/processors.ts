import { GraphBuilder } from "../src/onnx/builder.js";
import type { Graph } from "../src/onnx/graph.js";
import { float32, sizeOf } from "../src/onnx/tensor.js";

/** Deterministic pseudorandom weights in [-size, size]. */
const weights = (shape: readonly number[], size: number) =>
  float32(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 12.9898 + shape.length) * size),
    shape,
  );

/**
 * A processor that enlarges by nearest neighbor and adds a small residual of a random network with two convolutions, 5x5
 * and 3x3 with zero padding. Its receptive radius is 3.
 */
export function residualProcessor(scale: number, residual = 0.02): Graph {
  const b = new GraphBuilder(`residual-x${scale}`);
  const x = b.input("image", ["n", 3, "h", "w"]);
  const channels = 3 * scale ** 2;
  const repeat = Array.from({ length: channels * 3 }, (_, i) => Number(Math.floor(i / 3 / scale ** 2) === i % 3));
  const repeated = b.Conv(x, b.initializer("repeat", float32(repeat, [channels, 3, 1, 1])));
  const hidden = b.Relu(b.Conv(x, b.initializer("first", weights([8, 3, 5, 5], 0.3)), "", { pads: [2, 2, 2, 2] }));
  const second = b.initializer("second", weights([channels, 8, 3, 3], residual));
  const sum = b.Add(repeated, b.Conv(hidden, second, "", { pads: [1, 1, 1, 1] }));
  b.output("result", scale === 1 ? sum : b.DepthToSpace(sum, scale, "CRD"));
  return b.build();
}

/** A processor of scale 1 with one downsampling and one upsampling by 2, which accepts only even sizes. */
export function halvingProcessor(): Graph {
  const b = new GraphBuilder("halving");
  const x = b.input("image", ["n", 3, "h", "w"]);
  const down = b.Relu(
    b.Conv(x, b.initializer("down", weights([8, 3, 3, 3], 0.4)), "", { strides: [2, 2], pads: [1, 1, 1, 1] }),
  );
  const up = b.ConvTranspose(down, b.initializer("up", weights([8, 3, 2, 2], 0.4)), { strides: [2, 2] });
  b.output("result", up);
  return b.build();
}
