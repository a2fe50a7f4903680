import { UserError } from "../errors.js";
import { gaussianKernel } from "../images/filter.js";
import type { Image } from "../images/image.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32 } from "../onnx/tensor.js";
import { Session } from "../runtime/session.js";
import { assertSameSize } from "./size.js";
import { c1, c2, radius, sigma } from "./ssim.js";

/** Sizes whose sessions are kept. */
const KEPT_SIZES = 8;

/**
 * Computes `ssim` with ONNX Runtime on one thread, in float32 and a fraction of the time; they agree within 1e-5. The
 * sessions of the last 8 image sizes are kept.
 */
export class SsimMeter {
  private readonly sessions = new Map<string, Promise<Session>>();

  /**
   * SSIM of each of `images` against `clean`.
   * @throws UserError when the sizes differ or a side is shorter than 11.
   */
  async measure(images: readonly Image[], clean: Image): Promise<number[]> {
    for (const image of images) assertSameSize(image, clean);
    const session = await this.sessionFor(clean);
    const y = levelsOf(clean);
    const results: number[] = [];
    for (const image of images) {
      const { ssim } = await session.run({ x: levelsOf(image), y });
      results.push(Number(ssim?.data[0]));
    }
    return results;
  }

  private sessionFor({ width, height }: Image): Promise<Session> {
    const key = `${width}x${height}`;
    const session = this.sessions.get(key) ?? Session.create(ssimGraph(width, height), { threads: 1 });
    this.sessions.delete(key);
    this.sessions.set(key, session); // last, as the most recently used
    const [oldest] = this.sessions.keys();
    if (this.sessions.size > KEPT_SIZES) this.sessions.delete(oldest as string);
    return session;
  }
}

/** Levels 0..255: [3, height, width]. */
function levelsOf({ width, height, data }: Image) {
  const area = width * height;
  const levels = new Float32Array(3 * area);
  for (let pixel = 0, from = 0; pixel < area; pixel++, from += 3) {
    levels[pixel] = data[from] as number;
    levels[area + pixel] = data[from + 1] as number;
    levels[2 * area + pixel] = data[from + 2] as number;
  }
  return float32(levels, [3, height, width]);
}

/** Levels are relative to this one, which keeps squares small: float32 has 24 bits. */
const MIDDLE = 128;

/**
 * Inputs x and y: [3, height, width] of levels 0..255; output ssim: []. The formula is that of `ssim` in u = x + y and
 * v = x - y, numerator and denominator times 4: 2xy = (u² - v²) / 2 and x² + y² = (u² + v²) / 2.
 */
function ssimGraph(width: number, height: number): Graph {
  if (Math.min(width, height) <= 2 * radius)
    throw new UserError(`SSIM needs 11 pixels a side; the images have ${width}x${height}`);
  const b = new GraphBuilder("ssim");
  const [x, y] = [b.input("x", [3, height, width]), b.input("y", [3, height, width])];
  const both = b.Concat([b.Sub(b.Add(x, y), b.scalar(2 * MIDDLE)), b.Sub(x, y)], 0);
  const blurred = blurredRows(b, blurredColumns(b, b.Concat([both, b.Mul(both, both)], 0), height), width);
  const [means = "", squares = ""] = b.Split(blurred, 0, [6, 6]);
  const [varianceU = "", varianceV = ""] = b.Split(b.Sub(squares, b.Mul(means, means)), 0, [3, 3]);
  const [meanU = "", meanV = ""] = b.Split(means, 0, [3, 3]);
  const squared = (value: string) => b.Mul(value, value);
  const factor = (ofU: string, ofV: string, constant: number): [string, string] => {
    const raised = b.Add(ofU, b.scalar(2 * constant));
    return [b.Sub(raised, ofV), b.Add(raised, ofV)];
  };
  const luminance = factor(squared(b.Add(meanU, b.scalar(2 * MIDDLE))), squared(meanV), c1);
  const structure = factor(varianceU, varianceV, c2);
  const likeness = b.Div(b.Mul(luminance[0], structure[0]), b.Mul(luminance[1], structure[1]));
  b.output("ssim", b.ReduceMean(likeness, undefined, false));
  return b.build();
}

/** Positions blurred in one product: with more, more zeros are multiplied; with fewer, there are many small products. */
const TILE = 24;

/** The positions where the window fits, in ranges of at most TILE. */
const tilesOf = (size: number) => {
  const fitting = size - 2 * radius;
  return Array.from({ length: Math.ceil(fitting / TILE) }, (_, i) => {
    const count = Math.min(TILE, fitting - i * TILE);
    return { begin: i * TILE, end: i * TILE + count + 2 * radius, count };
  });
};

/** The window as a matrix [count, count + 10]: row i holds its 11 weights from column i on. */
function bandOf(count: number): Float32Array {
  const kernel = gaussianKernel(sigma, radius);
  const wide = count + 2 * radius;
  const band = new Float32Array(count * wide);
  for (let i = 0; i < count; i++) band.set(kernel, i * wide + i);
  return band;
}

/** [planes, height, width] to [planes, height - 10, width]. */
function blurredColumns(b: GraphBuilder, planes: string, height: number): string {
  const parts = tilesOf(height).map(({ begin, end, count }) => {
    const band = b.constant(float32(bandOf(count), [count, count + 2 * radius]));
    return b.MatMul(band, b.Slice(planes, [1], [begin], [end]));
  });
  return b.Concat(parts, 1);
}

/** [planes, height, width] to [planes, height, width - 10]. */
function blurredRows(b: GraphBuilder, planes: string, width: number): string {
  const parts = tilesOf(width).map(({ begin, end, count }) => {
    const band = b.constant(float32(bandOf(count), [count, count + 2 * radius]));
    return b.MatMul(b.Slice(planes, [2], [begin], [end]), b.Transpose(band, [1, 0]));
  });
  return b.Concat(parts, 2);
}
