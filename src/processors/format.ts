import { z } from "zod";
import { messageOf, reasonsOf, UserError } from "../errors.js";
import type { GraphBuilder } from "../onnx/builder.js";
import { float32 } from "../onnx/tensor.js";

const Triple = z.tuple([z.number(), z.number(), z.number()]);

/** The image format of a processor's input or output. Default: RGB in [0, 1], NCHW. */
const ImageFormat = z.strictObject({
  layout: z.enum(["NCHW", "NHWC"]).default("NCHW"),
  channels: z.enum(["RGB", "BGR"]).default("RGB"),
  /** Value of white before `mean` and `std` are applied: 1 or 255. */
  range: z.literal([1, 255]).default(1),
  /** Subtracted from each channel, in units of `range` and in RGB order. */
  mean: Triple.default([0, 0, 0]),
  /** Divisor of each channel after `mean` is subtracted, in RGB order. */
  std: Triple.refine((std) => std.every((s) => s !== 0), "must not be 0").default([1, 1, 1]),
});
export type ImageFormat = z.infer<typeof ImageFormat>;

/** The image formats of a processor, as defined by its sidecar JSON. */
const ProcessorFormat = z.object({
  input: ImageFormat.default(ImageFormat.parse({})),
  output: ImageFormat.default(ImageFormat.parse({})),
});
export type ProcessorFormat = z.infer<typeof ProcessorFormat>;

/** What only the sidecar of a recognizer has. */
const RecognizerSidecar = z.object({ input: z.object({ size: z.unknown().refine((size) => size !== undefined) }) });

/** The format without a sidecar: input and output are RGB in [0, 1], NCHW. */
export const plainFormat: ProcessorFormat = ProcessorFormat.parse({});

/**
 * Parses the sidecar JSON of a processor.
 * @param path path of the sidecar, for messages
 * @throws UserError when the text is not valid JSON or does not describe a format.
 */
export function parseFormat(text: string, path: string): ProcessorFormat {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError(`cannot read the sidecar ${path}: it is not valid JSON (${messageOf(error)})`);
  }
  const format = ProcessorFormat.safeParse(json);
  if (format.success) return format.data;
  if (RecognizerSidecar.safeParse(json).success)
    throw new UserError(
      `${path} describes a recognizer, because its input has a size; expected here is a processor, a network from images to images`,
    );
  throw new UserError(
    `cannot read the sidecar ${path}: ${reasonsOf(format.error)}. ` +
      'Example of an image format: {"input": {"range": 255}, "output": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}}',
  );
}

/**
 * Adds a processor to a graph with conversions from and to RGB in [0, 1], NCHW.
 * @param image [N, 3, H, W], RGB in [0, 1]
 * @param apply adds the processor itself: maps the value of its input to the value of its output
 * @returns the restored image [N, 3, scale·H, scale·W], RGB in [0, 1]
 */
export function throughFormat(
  b: GraphBuilder,
  image: string,
  { input, output }: ProcessorFormat,
  apply: (value: string) => string,
): string {
  return decoded(b, apply(encoded(b, image, input)), output);
}

/** (image·range - mean) / std, in the processor's layout and channel order. */
function encoded(b: GraphBuilder, image: string, { layout, channels, range, mean, std }: ImageFormat): string {
  let value = scaledAndShifted(
    b,
    image,
    std.map((s) => range / s),
    mean.map((m, i) => -m / (std[i] ?? 1)),
  );
  if (channels === "BGR") value = b.Gather(value, b.integers([2, 1, 0]), 1);
  return layout === "NHWC" ? b.Transpose(value, [0, 2, 3, 1]) : value;
}

/** (y·std + mean) / range, as RGB and NCHW. */
function decoded(b: GraphBuilder, y: string, { layout, channels, range, mean, std }: ImageFormat): string {
  let value = layout === "NHWC" ? b.Transpose(y, [0, 3, 1, 2]) : y;
  if (channels === "BGR") value = b.Gather(value, b.integers([2, 1, 0]), 1);
  return scaledAndShifted(
    b,
    value,
    std.map((s) => s / range),
    mean.map((m) => m / range),
  );
}

function scaledAndShifted(b: GraphBuilder, value: string, scale: readonly number[], shift: readonly number[]): string {
  const channel = (values: readonly number[]) => b.constant(float32([...values], [1, 3, 1, 1]));
  const scaled = scale.some((s) => s !== 1) ? b.Mul(value, channel(scale)) : value;
  return shift.some((s) => s !== 0) ? b.Add(scaled, channel(shift)) : scaled;
}
