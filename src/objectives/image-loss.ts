import type { GraphBuilder } from "../onnx/builder.js";
import { meanSquaredError } from "./losses.js";

/** Charbonnier's ε for images in [0, 1]. */
const EPSILON = 1e-3;

/** Losses between two images, each a mean over all of their values: a scalar. */
const losses = {
  /** (x - y)²: what PSNR measures. */
  mse: meanSquaredError,
  /** |x - y|. */
  l1: (b: GraphBuilder, x: string, y: string) => b.ReduceMean(b.Abs(b.Sub(x, y)), undefined, false),
  /** √((x - y)² + ε²), smooth where l1 has its kink (Lai et al., LapSRN, CVPR 2017, sec. 3.3). */
  charbonnier(b: GraphBuilder, x: string, y: string) {
    const difference = b.Sub(x, y);
    const smooth = b.Sqrt(b.Add(b.Mul(difference, difference), b.scalar(EPSILON ** 2)));
    return b.ReduceMean(smooth, undefined, false);
  },
};

/** The name of an image loss. */
export type ImageLoss = keyof typeof losses;
/** The names of all image losses. */
export const imageLosses = Object.keys(losses) as readonly ImageLoss[];

/** The loss of that name between two images of one shape. */
export const imageLoss = (name: ImageLoss, b: GraphBuilder, x: string, y: string): string => losses[name](b, x, y);
