import type { Dim, Graph, ValueInfo } from "../onnx/graph.js";
import { isFloat, isInteger } from "../onnx/types.js";
import type { Preprocessing } from "../recognition/preprocessing.js";

/** Side of the images of the trial run, in pixels, if neither the model nor its preprocessing fixes one. */
const DEFAULT_SIDE = 224;

export interface SizeOptions {
  /** Side of the images in pixels if the model's input is dynamic. Default: the preprocessing's, or 224. */
  readonly inputSize?: number;
  /** The preprocessing of the model, if known. */
  readonly preprocessing?: Preprocessing;
}

export interface Sizes {
  /** The concrete shape of each input. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** The value chosen for each dynamic dimension, by its name. */
  readonly chosen: Readonly<Record<string, number>>;
  /** Whether one of them is a height or width. */
  readonly anySide: boolean;
}

/** Which of the four axes of an image input are channels, height and width. */
export interface ImageAxes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}
const NCHW: ImageAxes = { channels: 1, height: 2, width: 3 };
const NHWC: ImageAxes = { channels: 3, height: 1, width: 2 };

const isChannels = (dim: Dim | undefined) => dim === 1 || dim === 3 || dim === 4;

/** NHWC if that is the layout of the preprocessing, or if only the last axis can be channels; otherwise NCHW. */
export function imageAxes(shape: readonly Dim[], preprocessing?: Preprocessing): ImageAxes {
  const last = isChannels(shape[3]) && !isChannels(shape[1]);
  return preprocessing?.layout === "NHWC" || last ? NHWC : NCHW;
}

/** Chooses values for dynamic dimensions: one image, three channels, a square; `open` (default: 1) for all others. */
export function chooseSizes(graph: Graph, options: SizeOptions = {}, open = 1): Sizes {
  const chosen: Record<string, number> = {};
  let anySide = false;
  const side = options.inputSize ?? options.preprocessing?.size ?? DEFAULT_SIDE;
  const fixed = ({ name, shape = [] }: ValueInfo): readonly number[] => {
    const axes = imageAxes(shape, options.preprocessing);
    return shape.map((dim, axis) => {
      if (typeof dim === "number" && dim > 0) return dim;
      const symbol = typeof dim === "number" ? `${name}_${axis}` : dim;
      const spatial = shape.length === 4 && (axis === axes.height || axis === axes.width);
      const channels = shape.length === 4 && axis === axes.channels;
      anySide ||= spatial;
      chosen[symbol] ??= spatial ? side : channels ? 3 : axis === 0 ? 1 : open;
      return chosen[symbol];
    });
  };
  const shapes = Object.fromEntries(graph.inputs.map((input) => [input.name, fixed(input)]));
  return { shapes, chosen, anySide };
}

/** The inputs that gradients are computed for by default: floating-point ones, otherwise images of integers. */
export function differentiableInputs({ inputs }: Graph): string[] {
  const floats = inputs.filter(({ type = "float32" }) => isFloat(type));
  return (floats.length > 0 ? floats : inputs.filter(holdsImages)).map(({ name }) => name);
}

/** Whether an input can hold images, whose integers are rounded numbers and not indices. */
export const holdsImages = ({ type, shape }: ValueInfo): boolean => isInteger(type) && shape?.length === 4;
