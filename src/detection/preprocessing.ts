import { reasonsOf, UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import type { Dim, Graph, ValueInfo } from "../onnx/graph.js";
import { type ArrayType, arrayOf, type DataType, type Tensor } from "../onnx/tensor.js";
import { isFloat, isInteger } from "../onnx/types.js";
import { Preprocessing, type PreprocessingOverrides } from "../recognition/preprocessing.js";
import type { InputSize } from "./adapters/adapter.js";
import type { DetectorStatement } from "./sidecar.js";

/** How an image becomes the input of a detector: ((image in [0, 1]) · range - mean) / std, cast to `type`. */
export interface DetectorInput extends Omit<Preprocessing, "size"> {
  readonly name: string;
  readonly type: DataType;
  /** The size that the file declares or a file or setting states; undefined if it is open. */
  readonly size: InputSize | undefined;
  /** The number of images that the file runs at once; null: the input has no axis of images. */
  readonly batch: number | null;
  /** One sentence each on what nothing states. */
  readonly notes: readonly string[];
}

/**
 * The input of a detector, from the overrides, its files and the shape that it declares. Without any statement, RGB in [0, 1].
 * @throws UserError when the first input is no image or a statement is not valid.
 */
export function detectorInput(
  path: string,
  model: Graph,
  { input: stated, source }: DetectorStatement,
  overrides: PreprocessingOverrides,
): DetectorInput {
  const input = imageInput(path, model);
  const { type = "float32" } = input;
  const shape = input.shape ?? ["N", 3, "height", "width"];
  const axes = shape.slice(-3);
  const last = isChannels(axes[2]) && !isChannels(axes[0]);
  const [height, width] = last ? axes : axes.slice(1);
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const values = { ...stated, ...given };
  const isPlain = values.mean === undefined && values.std === undefined;
  const result = Preprocessing.safeParse({
    layout: last ? "NHWC" : "NCHW",
    channels: (last ? axes[2] : axes[0]) === 1 ? "GRAY" : "RGB",
    range: isInteger(type) ? 255 : 1,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    ...(type === "int8" && isPlain && { mean: [128, 128, 128] }),
    ...values,
    size: values.size ?? 1,
  });
  if (!result.success)
    throw new UserError(
      `${source ?? "the given preprocessing"} does not describe an input: ${reasonsOf(result.error)}`,
    );
  const { size: side, ...preprocessing } = result.data;
  const sides = [height, width].filter((each) => typeof each === "number" && each > 0);
  if (given.size !== undefined && sides.some((each) => each !== given.size))
    throw new UserError(
      `\`size\` is ${given.size}, but the input of ${path} is ${width}x${height}; leave \`size\` out`,
    );
  const unstated = source === undefined && isFloat(type) && given.range === undefined && given.mean === undefined;
  return {
    ...preprocessing,
    name: input.name,
    type,
    size: sizeOf(height, width, values.size === undefined ? undefined : side),
    batch: shape.length === 3 ? null : typeof shape[0] === "number" && shape[0] > 0 ? shape[0] : 1,
    notes: unstated ? ["no file states its preprocessing: its input is RGB in [0, 1]"] : [],
  };
}

const isChannels = (size: Dim | undefined): boolean => size === 3 || size === 1;

function sizeOf(height: Dim | undefined, width: Dim | undefined, side: number | undefined): InputSize | undefined {
  const [rows, columns] = [height, width].map((size) => (typeof size === "number" && size > 0 ? size : side));
  return rows === undefined || columns === undefined ? undefined : { width: columns, height: rows };
}

/** The input of rank 4, or 3 without an axis of images. */
function imageInput(path: string, { inputs }: Graph): ValueInfo {
  const found =
    inputs.find(({ shape }) => shape === undefined || shape.length === 4) ??
    inputs.find(({ shape }) => shape?.length === 3);
  const listed = inputs.map(({ name, shape = [] }) => `"${name}" [${shape.join(", ")}]`).join(", ") || "none";
  if (!found)
    throw new UserError(
      `cannot use ${path} as a detector: no input is an image [N, 3, height, width]; its inputs are ${listed}`,
    );
  if (!isFloat(found.type ?? "float32") && !isInteger(found.type))
    throw new UserError(`cannot use ${path} as a detector: its input "${found.name}" is ${found.type}, not pixels`);
  return found;
}

/** The weights of BT.601. */
const LUMA = [0.299, 0.587, 0.114] as const;

/** An image at the input's size as the input tensor, repeated to a fixed batch. */
export function inputTensor(image: Image, input: DetectorInput): Tensor {
  const { type, batch, channels, layout } = input;
  const { width, height } = image;
  const count = channels === "GRAY" ? 1 : 3;
  const [area, size] = [width * height, count * width * height];
  const copies = batch ?? 1;
  const data = new arrayOf[type as ArrayType](copies * size) as Float32Array;
  const put = writer(type);
  for (let channel = 0; channel < count; channel++) {
    const value = channelValues(image, channel, input);
    const [first, step] = layout === "NHWC" ? [channel, count] : [channel * area, 1];
    for (let pixel = 0; pixel < area; pixel++) data[first + pixel * step] = put(value(pixel)) as number;
  }
  for (let copy = 1; copy < copies; copy++) data.copyWithin(copy * size, 0, size);
  const shape = layout === "NHWC" ? [height, width, count] : [count, height, width];
  return { type, data, shape: batch === null ? shape : [copies, ...shape] };
}

/** The value of a pixel in a channel of the input. */
function channelValues({ data }: Image, channel: number, { channels, range, mean, std }: DetectorInput) {
  const source = channels === "BGR" ? 2 - channel : channel;
  const [shift, divisor] = [mean[source] as number, std[source] as number];
  const normalized = (byte: number) => ((byte / 255) * range - shift) / divisor;
  if (channels !== "GRAY") return (pixel: number) => normalized(data[3 * pixel + source] as number);
  return (pixel: number) =>
    normalized(LUMA.reduce((sum, weight, i) => sum + weight * (data[3 * pixel + i] as number), 0));
}

/** Integers are limited to their range and rounded. */
function writer(type: DataType): (value: number) => number | bigint {
  const [low, high] = RANGES[type] ?? [];
  if (low === undefined || high === undefined) return (value) => value;
  const whole = (value: number) => Math.min(Math.max(Math.round(value), low), high);
  return type === "int64" || type === "uint64" ? (value) => BigInt(whole(value)) : whole;
}

const RANGES: Partial<Record<DataType, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
  uint32: [0, 2 ** 32 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint64: [0, 2 ** 32],
  int64: [-(2 ** 31), 2 ** 31 - 1],
};
