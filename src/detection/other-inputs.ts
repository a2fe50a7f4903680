import { UserError } from "../errors.js";
import type { Graph, ValueInfo } from "../onnx/graph.js";
import { type ArrayType, arrayOf, sizeOf, type Tensor } from "../onnx/tensor.js";
import type { Tensors } from "../runtime/session.js";
import type { InputSize } from "./adapters/adapter.js";
import type { DetectorInput } from "./preprocessing.js";

/**
 * The inputs of a detector other than the image: its size (`orig_target_sizes` as width and height, as of RT-DETR; others such
 * as `image_shape` and `im_shape` as height and width), factors of its scale, 1, and a mask of its pixels, 1 (DETR).
 * @throws UserError when an input is none of these.
 */
export function otherInputs({ name, inputs }: Graph, image: DetectorInput, size: InputSize): Tensors {
  const others = inputs.filter((input) => input.name !== image.name);
  return Object.fromEntries(others.map((input) => [input.name, tensorFor(name, input, image.batch ?? 1, size)]));
}

function tensorFor(file: string, input: ValueInfo, batch: number, { width, height }: InputSize): Tensor {
  const { name, shape = [] } = input;
  if (/mask/i.test(name) && shape.length >= 3)
    return filled(
      input,
      shape.map((size, axis) =>
        axis === 0 ? batch : typeof size === "number" ? size : axis === shape.length - 1 ? width : height,
      ),
      [1],
    );
  const pair = shape.length === 1 ? [2] : [batch, 2];
  const isPair = shape.length === 0 || shape.length > 2 || shape.at(-1) === 2 || typeof shape.at(-1) === "string";
  if (isPair && /scale/i.test(name)) return filled(input, pair, [1, 1]);
  if (isPair && /orig/i.test(name)) return filled(input, pair, [width, height]);
  if (isPair && /size|shape|info/i.test(name)) return filled(input, pair, [height, width]);
  throw new UserError(
    `cannot use ${file} as a detector: beside the image it has the input "${name}" [${shape.join(", ")}]; ` +
      "known are the image's size (orig_target_sizes, image_shape, im_shape), scale_factor and a mask of pixels",
  );
}

/** A tensor that repeats these values. */
function filled({ type = "float32" }: ValueInfo, shape: readonly number[], values: readonly number[]): Tensor {
  const data = new arrayOf[type as ArrayType](sizeOf(shape));
  const whole = type === "int64" || type === "uint64";
  for (let i = 0; i < data.length; i++) {
    const value = values[i % values.length] as number;
    data[i] = whole ? BigInt(value) : value;
  }
  return { type, shape, data };
}
