import type { Dim, Graph, ValueInfo } from "../onnx/graph.js";
import type { Preprocessing } from "../recognition/preprocessing.js";

/** The side of the pictures that a model is tried on when nothing else says one. */
const USUAL_SIDE = 224;

export interface SizeOptions {
  /** Side of the pictures where the model leaves it open. Default: the preprocessing's, or 224. */
  readonly inputSize?: number;
  /** How the model wants its images, where that is known. */
  readonly preprocessing?: Preprocessing;
}

export interface Sizes {
  /** All sizes of each input, as numbers. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** What was chosen for each size that the model leaves open, by its name. */
  readonly chosen: Readonly<Record<string, number>>;
  /** Whether a height or width is among them. */
  readonly anySide: boolean;
}

/** How an input holds a picture: where height, width and channels stand among its four axes. */
export interface ImageAxes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}
const NCHW: ImageAxes = { channels: 1, height: 2, width: 3 };
const NHWC: ImageAxes = { channels: 3, height: 1, width: 2 };

const isChannels = (dim: Dim | undefined) => dim === 1 || dim === 3 || dim === 4;

/** Channels come last where the preprocessing says so, or the sizes alone do; otherwise before the rows. */
export function imageAxes(shape: readonly Dim[], preprocessing?: Preprocessing): ImageAxes {
  const last = isChannels(shape[3]) && !isChannels(shape[1]);
  return preprocessing?.layout === "NHWC" || last ? NHWC : NCHW;
}

/** Numbers for the sizes that a model leaves open: one image, three channels, a square; 1 for everything else. */
export function chooseSizes(graph: Graph, options: SizeOptions = {}): Sizes {
  const chosen: Record<string, number> = {};
  let anySide = false;
  const side = options.inputSize ?? options.preprocessing?.size ?? USUAL_SIDE;
  const fixed = ({ name, shape = [] }: ValueInfo): readonly number[] => {
    const axes = imageAxes(shape, options.preprocessing);
    return shape.map((dim, axis) => {
      if (typeof dim === "number" && dim > 0) return dim;
      const symbol = typeof dim === "number" ? `${name}_${axis}` : dim;
      const spatial = shape.length === 4 && (axis === axes.height || axis === axes.width);
      const channels = shape.length === 4 && axis === axes.channels;
      anySide ||= spatial;
      chosen[symbol] ??= spatial ? side : channels ? 3 : 1;
      return chosen[symbol];
    });
  };
  const shapes = Object.fromEntries(graph.inputs.map((input) => [input.name, fixed(input)]));
  return { shapes, chosen, anySide };
}
