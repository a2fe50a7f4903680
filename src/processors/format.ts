import { z } from "zod";
import { messageOf, UserError } from "../errors.js";
import type { GraphBuilder } from "../onnx/builder.js";
import { float32 } from "../onnx/tensor.js";

const Triple = z.tuple([z.number(), z.number(), z.number()]);

/** How a processor's numbers stand for a picture. Without a word: RGB in [0, 1], NCHW. */
const ImageFormat = z.strictObject({
  layout: z.enum(["NCHW", "NHWC"]).default("NCHW"),
  channels: z.enum(["RGB", "BGR"]).default("RGB"),
  /** What white is before mean and deviation: 1 or 255. */
  range: z.literal([1, 255]).default(1),
  /** Taken from each channel, in the unit of the range and in RGB order. */
  mean: Triple.default([0, 0, 0]),
  /** Then each channel is divided by this. */
  std: Triple.refine((std) => std.every((s) => s !== 0), "must not be 0").default([1, 1, 1]),
});
export type ImageFormat = z.infer<typeof ImageFormat>;

/** What a processor takes and gives, as the JSON beside it says. */
const ProcessorFormat = z.object({
  input: ImageFormat.default(ImageFormat.parse({})),
  output: ImageFormat.default(ImageFormat.parse({})),
});
export type ProcessorFormat = z.infer<typeof ProcessorFormat>;

export const plainFormat: ProcessorFormat = ProcessorFormat.parse({});

/**
 * Parses the sidecar JSON of a processor.
 * @param path of the sidecar, for messages.
 * @throws UserError when the text is not valid JSON or does not describe a format.
 */
export function parseFormat(text: string, path: string): ProcessorFormat {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${path} is not valid JSON: ${messageOf(error)}`);
  }
  const format = ProcessorFormat.safeParse(json);
  if (format.success) return format.data;
  throw new UserError(
    `${path} does not describe the image format of a processor: ${z.prettifyError(format.error).replace(/\s+/g, " ")}. ` +
      'An example: {"input": {"range": 255}, "output": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}}',
  );
}

/**
 * Puts a processor into a graph so that a picture [N, 3, H, W], RGB in [0, 1], goes in and comes out.
 * @param apply adds the processor itself, given the value that it takes, and returns the value that it gives.
 */
export function throughFormat(
  b: GraphBuilder,
  image: string,
  { input, output }: ProcessorFormat,
  apply: (value: string) => string,
): string {
  return decoded(b, apply(encoded(b, image, input)), output);
}

/** (image·range - mean) / std, as the processor wants it. */
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

/** (y·std + mean) / range, as Legible wants it. */
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
