import type { GraphBuilder } from "../src/onnx/builder.js";
import { float32, int64, sizeOf, type Tensor } from "../src/onnx/tensor.js";
import { randomAt } from "../src/random.js";

/** Draws the random tensors and sizes of a test case and declares its differentiable inputs. */
export class Draw {
  /** The values of the declared inputs. */
  readonly feeds: Record<string, Tensor> = {};
  private readonly random;

  constructor(
    readonly b: GraphBuilder,
    seed: number,
    index: number,
  ) {
    this.random = randomAt(seed, index);
  }

  /** An integer from low to high, both included. */
  int = (low: number, high: number): number => low + this.random.integer(high - low + 1);
  /** One of the given choices. */
  of = <T>(...choices: [T, ...T[]]): T => choices[this.random.integer(choices.length)] as T;
  /** A shape of the given rank (default: random, 1 to 4) with sizes 2 to 5. */
  shape = (rank = this.int(1, 4)): number[] => Array.from({ length: rank }, () => this.int(2, 5));

  tensor = (shape: readonly number[], value: (i: number) => number): Tensor =>
    float32(
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => value(i)),
      shape,
    );
  /** Normally distributed values with mean 0 and standard deviation 1. */
  normal = (shape: readonly number[]): Tensor => this.tensor(shape, () => this.random.normal());
  /** Values uniform in [low, high). */
  uniform = (shape: readonly number[], low: number, high: number): Tensor =>
    this.tensor(shape, () => low + (high - low) * this.random.uniform());
  /** Values in [-3, 3) at least 0.1 away from each of the points, where the derivative jumps. */
  awayFrom = (points: readonly number[], shape: readonly number[]): Tensor =>
    this.tensor(shape, () => {
      for (;;) {
        const value = 6 * this.random.uniform() - 3;
        if (points.every((point) => Math.abs(value - point) > 0.1)) return value;
      }
    });
  /** Values at least 0.1 apart from each other, in random order. */
  distinct = (shape: readonly number[]): Tensor => {
    const order = Array.from({ length: sizeOf(shape) }, (_, i) => [this.random.uniform(), i] as const).sort(
      ([a], [c]) => a - c,
    );
    const middle = order.length / 2;
    return this.tensor(shape, (i) => ((order[i]?.[1] ?? 0) - middle) * 0.1 + 0.03);
  };
  /** Integers from 0 to limit - 1. */
  indices = (shape: readonly number[], limit: number): Tensor =>
    int64(
      Array.from({ length: sizeOf(shape) }, () => this.random.integer(limit)),
      shape,
    );
  /** `count` distinct integers from 0 to limit - 1. */
  choose = (count: number, limit: number): number[] =>
    Array.from({ length: limit }, (_, i) => [this.random.uniform(), i] as const)
      .sort(([a], [c]) => a - c)
      .slice(0, count)
      .map(([, i]) => i);

  /** Declares an input whose gradient is tested. */
  input = (tensor: Tensor): string => {
    const name = this.b.input(`input${Object.keys(this.feeds).length}`, tensor.shape);
    this.feeds[name] = tensor;
    return name;
  };
}
