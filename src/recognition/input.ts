import { straightThrough, titlesOf } from "../autodiff/flow.js";
import { UserError } from "../errors.js";
import { type GraphBuilder, int } from "../onnx/builder.js";
import type { Graph, Node, ValueInfo } from "../onnx/graph.js";
import { typeCodes } from "../onnx/schema.js";
import { type DataType, float32 } from "../onnx/tensor.js";
import { isFloat, isInteger } from "../onnx/types.js";
import type { Preprocessing } from "./preprocessing.js";

/** Declares `image` and inlines the model behind its preprocessing. @returns the names of its outputs in the graph. */
export function inlineBehindPreprocessing(
  b: GraphBuilder,
  model: Graph,
  preprocessing: Preprocessing,
): Record<string, string> {
  const input = requireImage(model, preprocessing);
  const { size, channels, layout } = preprocessing;
  const given = b.input("image", ["N", 3, size, size]);
  const image = castsInside(model) ? b.Clip(given, b.zero, b.one) : given;
  const ordered = channels === "BGR" ? b.Gather(normalized(b, image, preprocessing), b.integers([2, 1, 0]), 1) : null;
  const planes = ordered ?? normalized(b, channels === "GRAY" ? grayOf(b, image) : image, preprocessing);
  const arranged = layout === "NHWC" ? b.Transpose(planes, [0, 2, 3, 1]) : planes;
  return b.inline(model, { [input.name]: inType(b, arranged, input.type) }, "R/");
}

/** Whether the model itself casts pixels to integers, where values outside the range of images could wrap around. */
const castsInside = (model: Graph): boolean =>
  roundingBehind(model).some(({ op }) => op !== "Floor" && op !== "Ceil" && op !== "Round");

/** The nodes that round between the input and the outputs and pass the gradient on. */
function roundingBehind(model: Graph): Node[] {
  const outputs = model.outputs.map(({ name }) => name);
  const inputs = model.inputs.map(({ name }) => name);
  return straightThrough(model, outputs, inputs);
}

/** Applies range, mean and std to an image [N, channels, side, side] in [0, 1]. */
function normalized(b: GraphBuilder, image: string, { channels, range, mean, std }: Preprocessing): string {
  const count = channels === "GRAY" ? 1 : 3;
  const channel = (values: readonly number[]) => b.constant(float32(values.slice(0, count), [1, count, 1, 1]));
  const shifted = mean.some((m) => m !== 0) ? b.Sub(image, channel(mean.map((m) => m / range))) : image;
  return std.some((s) => s !== range) ? b.Mul(shifted, channel(std.map((s) => range / s))) : shifted;
}

/** The luma of BT.601 of an image [N, 3, side, side]: [N, 1, side, side]. */
const grayOf = (b: GraphBuilder, image: string): string =>
  b.Conv(image, b.constant(float32([0.299, 0.587, 0.114], [1, 3, 1, 1])));

/** The smallest and largest number of the integer types that pixels may exceed. */
const integerRanges: Partial<Record<DataType, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** A value in the type of the model's input. Integers are limited to their range and rounded, as for a saved image. */
function inType(b: GraphBuilder, value: string, type: DataType = "float32"): string {
  if (type === "float32") return value;
  const [low, high] = integerRanges[type] ?? [];
  const limited = low !== undefined && high !== undefined ? b.Clip(value, b.scalar(low), b.scalar(high)) : value;
  const whole = isInteger(type) ? b.add("Round", [limited]) : value;
  return b.add("Cast", [whole], { to: int(typeCodes[type]) });
}

/** The model's only input. @throws UserError when there are others, or it is not an image in the stated layout. */
function requireImage({ name, inputs }: Graph, { layout, channels }: Preprocessing): ValueInfo {
  const [input, ...others] = inputs;
  if (!input || others.length > 0)
    throw new UserError(`${name} has ${inputs.length} inputs; a recognizer has one, the image`);
  const { type = "float32", shape } = input;
  const fail = (what: string) => new UserError(`cannot use ${name} as a recognizer: its input ${what}`);
  if (!isInteger(type) && !isFloat(type)) throw fail(`holds values of the type ${type}, not pixels`);
  if (shape && shape.length !== 4) throw fail(`is [${shape.join(", ")}], not images [N, 3, height, width]`);
  const [count, expected] = [shape?.[layout === "NHWC" ? 3 : 1], channels === "GRAY" ? 1 : 3];
  if (typeof count !== "number" || count === expected) return input;
  if (count === 1) throw fail("has one channel, and its preprocessing three; set `channels` to GRAY");
  throw fail(
    `has ${count} channels; images have 3 (\`channels\` RGB or BGR) or 1 (GRAY), at axis 1 (\`layout\` NCHW) or 3 (NHWC)`,
  );
}

/** Notes on how an image becomes the input, where that is not the common way, and on rounding behind it. */
export function inputNotes(model: Graph, { channels, range, mean, std }: Preprocessing): string[] {
  const type = model.inputs[0]?.type ?? "float32";
  const at = (v: number) => Number(((v * range - mean[0]) / std[0]).toFixed(2));
  return [
    ...(isInteger(type) ? [`its input is ${type}: black is ${at(0)}, white is ${at(1)}, and values are rounded`] : []),
    ...(channels === "GRAY" ? ["its input has one channel: gray is computed from RGB with the weights of BT.601"] : []),
    ...roundingNotes(model),
  ];
}

/** A note on the nodes that round between the input and the outputs. */
export function roundingNotes(model: Graph): string[] {
  const found = roundingBehind(model);
  return found.length > 0 ? [`gradients pass straight through rounding (${titlesOf(found)})`] : [];
}
