import type { GraphBuilder } from "../onnx/builder.js";
import { meanSquaredError } from "./losses.js";

/** Charbonnier's ε for images in [0, 1]. */
const EPSILON = 1e-3;

/** Losses between two images. Each is a mean over all values and returns a scalar. */
const losses = {
  /** (x - y)², the error that PSNR is computed from. */
  mse: meanSquaredError,
  /** |x - y|. */
  l1: (b: GraphBuilder, x: string, y: string) => b.ReduceMean(b.Abs(b.Sub(x, y)), undefined, false),
  /** √((x - y)² + ε²), a smooth approximation of l1 (Lai et al., LapSRN, CVPR 2017, sec. 3.3). */
  charbonnier(b: GraphBuilder, x: string, y: string) {
    const difference = b.Sub(x, y);
    const smooth = b.Sqrt(b.Add(b.Mul(difference, difference), b.scalar(EPSILON ** 2)));
    return b.ReduceMean(smooth, undefined, false);
  },
};

/** Names of the image losses. */
export type ImageLoss = keyof typeof losses;
/** All image loss names, the default first. */
export const imageLosses = Object.keys(losses) as readonly ImageLoss[];

/** Adds the named loss between two images of the same shape to the graph. Returns a scalar. */
export const imageLoss = (name: ImageLoss, b: GraphBuilder, x: string, y: string): string => losses[name](b, x, y);
