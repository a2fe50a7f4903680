import type { GraphBuilder } from "../onnx/builder.js";

/** The period of the lattice in pixels: that of an upsampler by 4, and of networks that work at a quarter of the resolution. */
const PERIOD = 4;

/** Side of the windows over which the phases are averaged, in periods: short enough for a pattern that varies over the image. */
const WINDOW = 16;

/**
 * The power of what an error repeats every 4 pixels: the mean square, over phases and windows of 64 pixels, of the error's mean
 * over the pixels of one phase, less the window's mean. In the frequency domain: the error's power at the multiples of 1/4 cycle
 * per pixel, without the constant. A woven pattern of amplitude a adds about a²; the mean squared error contains it once.
 * @param error [batch, 3, side, side], the difference of two images
 * @param side a multiple of 4; pixels beyond the last whole window are not read
 * @returns a scalar
 */
export function latticeLoss(b: GraphBuilder, error: string, batch: number, side: number): string {
  const window = Math.min(WINDOW, Math.floor(side / PERIOD)) * PERIOD;
  const count = Math.floor(side / window);
  const read = count * window === side ? error : b.Slice(error, [2, 3], [0, 0], [count * window, count * window]);
  const split = [count, window / PERIOD, PERIOD];
  const windows = b.Reshape(read, [batch, 3, ...split, ...split]);
  const phases = b.ReduceMean(windows, [3, 6]);
  const varying = b.Sub(phases, b.ReduceMean(phases, [4, 7]));
  return b.ReduceMean(b.Mul(varying, varying), undefined, false);
}
