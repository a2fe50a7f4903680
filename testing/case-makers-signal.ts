import { float, int, string } from "../src/onnx/builder.js";
import { float32, int64, type Tensor } from "../src/onnx/tensor.js";
import type { Case } from "./case-makers.js";
import type { Draw } from "./draw.js";

export const affineGrid: Case = (d) => {
  const volume = d.int(0, 1) === 1;
  const size = [2, 3, ...(volume ? [2] : []), d.int(2, 4), d.int(2, 4)];
  const axes = volume ? 3 : 2;
  return d.b.add("AffineGrid", [d.input(d.normal([2, axes, axes + 1])), d.b.integers(size)], {
    align_corners: int(d.int(0, 1)),
  });
};

export const columnsToImage: Case = (d) => {
  const [image, block] = [
    [d.int(4, 6), d.int(4, 6)],
    [d.int(1, 3), d.int(1, 2)],
  ];
  const [strides, dilations, pads] = [
    [d.int(1, 2), d.int(1, 2)],
    [d.int(1, 2), 1],
    [0, d.int(0, 1), d.int(0, 1), 0],
  ];
  const blocks = image.map((size, axis) => {
    const extent = (dilations[axis] ?? 1) * ((block[axis] ?? 1) - 1) + 1;
    return Math.floor((size + (pads[axis] ?? 0) + (pads[axis + 2] ?? 0) - extent) / (strides[axis] ?? 1)) + 1;
  });
  const columns = [2, 3 * (block[0] ?? 1) * (block[1] ?? 1), (blocks[0] ?? 1) * (blocks[1] ?? 1)];
  return d.b.Col2Im(d.input(d.normal(columns)), image, block, { strides, dilations, pads });
};

export const compress: Case = (d) => {
  const shape = [3, 4, 2];
  const flat = d.int(0, 1) === 1;
  const axis = d.int(-3, 2);
  const count = flat ? 24 : (shape.at(axis) ?? 1);
  const condition = Uint8Array.from({ length: count }, (_, i) => Number(i === 1 || d.int(0, 1) === 1));
  const chosen = d.b.constant({ type: "bool", shape: [count], data: condition });
  return d.b.add("Compress", [d.input(d.normal(shape)), chosen], flat ? {} : { axis: int(axis) });
};

export const fourier: Case = (d) => {
  const parts = d.int(1, 2);
  const shape = [2, d.int(3, 6), d.int(3, 6), parts];
  const inverse = d.int(0, 1);
  const onesided = parts === 1 && !inverse ? d.int(0, 1) : 0;
  const axis = d.of(1, 2, -2);
  const length = d.of("", d.b.constant(int64([d.int(3, 7)], [])));
  return d.b.add("DFT", [d.input(d.normal(shape)), length, d.b.constant(int64([axis], []))], {
    inverse: int(inverse),
    onesided: int(onesided),
  });
};

export const shortTimeFourier: Case = (d) => {
  const [length, total] = [d.int(4, 6), d.int(12, 17)];
  const signal = d.input(d.normal([2, total, 1]));
  const step = d.b.constant(int64([d.int(1, 4)], []));
  const window = d.b.constant(d.uniform([length], 0.5, 1));
  const inputs = d.of([signal, step, window], [signal, step, "", d.b.constant(int64([length], []))]);
  return d.b.add("STFT", inputs, { onesided: int(d.int(0, 1)) });
};

/** Operands whose quotient is at least 0.1 away from whole numbers, where the remainder jumps. */
export function remainderOperands(d: Draw): [string, string] {
  const shape = d.shape(2);
  const y = d.tensor(shape, () => d.of(-1, 1) * (0.7 + 0.1 * d.int(0, 8)));
  const quotient = d.tensor(shape, () => d.int(-3, 3) + d.of(-1, 1) * d.of(0.2, 0.3, 0.4));
  const x = d.tensor(shape, (i) => Number(y.data[i]) * Number(quotient.data[i]));
  return [d.input(x), d.input(y)];
}

export const reverseSequence: Case = (d) => {
  const timeFirst = d.int(0, 1);
  const shape = timeFirst ? [5, 3, 2] : [3, 5, 2];
  const lengths = d.b.constant(int64([d.int(1, 5), d.int(1, 5), 5]));
  return d.b.add("ReverseSequence", [d.input(d.normal(shape)), lengths], {
    time_axis: int(1 - timeFirst),
    batch_axis: int(timeFirst),
  });
};

/** Regions at fractions of pixels: the samples are never at a pixel, where the derivative to the region would jump. */
export const roiAlign: Case = (d) => {
  const regions = [0, 1, 2].flatMap(() => {
    const [x, y] = [d.int(-1, 4) + 0.3, d.int(-1, 4) + 0.2];
    return [x, y, x + d.int(2, 6), y + d.int(2, 6)];
  });
  const indices = d.b.constant(int64([d.int(0, 1), 0, 1]));
  const mode = d.of("half_pixel", "output_half_pixel");
  return d.b.add("RoiAlign", [d.input(d.normal([2, 2, 6, 7])), d.b.constant(float32(regions, [3, 4])), indices], {
    output_height: int(d.int(1, 3)),
    output_width: int(d.int(1, 3)),
    sampling_ratio: int(d.of(0, 2)),
    spatial_scale: float(d.of(1, 0.5)),
    coordinate_transformation_mode: string(mode),
  });
};

export const rotaryEmbedding: Case = (d) => {
  const [heads, positions, depth] = [2, 3, d.of(4, 6)];
  const turned = d.of(0, 2);
  const half = (turned || depth) / 2;
  const table = (of: (angle: number) => number, angles: Tensor) =>
    d.b.constant(float32(Array.from(angles.data, Number).map(of), angles.shape));
  const angles = d.uniform([1, positions, half], 0, 3);
  const x = d.input(d.normal([1, heads, positions, depth]));
  return d.b.add("RotaryEmbedding", [x, table(Math.cos, angles), table(Math.sin, angles)], {
    interleaved: int(d.int(0, 1)),
    rotary_embedding_dim: int(turned),
  });
};
