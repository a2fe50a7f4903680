import type { Tensor } from "../graph/tensor.js";
import type { Tensors } from "../runtime/session.js";

/**
 * Mean of the weights over the last steps of a training (stochastic weight averaging, Izmailov et al. 2018). What a loss
 * through one recognizer makes of the weights in one step is partly noise of that recognizer; the mean keeps what the
 * steps agree on.
 */
export class WeightAverage {
  /** @param names of the state that is averaged: weights and running statistics. @param first step that counts. */
  constructor(
    private readonly names: readonly string[],
    private readonly first: number,
    private means: Tensors = {},
  ) {}

  /** The average that a checkpoint holds beside the state. */
  static from(names: readonly string[], first: number, saved: Tensors): WeightAverage {
    const means = names.flatMap((name) => {
      const mean = saved[keyOf(name)];
      return mean ? [[name, mean] as const] : [];
    });
    return new WeightAverage(names, first, Object.fromEntries(means));
  }

  /** Takes in the state after a step; steps before the first are passed over. */
  add(step: number, state: Tensors): void {
    const count = step - this.first + 1;
    if (count < 1) return;
    this.means = Object.fromEntries(
      this.names.map((name) => [name, moved(this.means[name], state[name] as Tensor, count)]),
    );
  }

  /** The weights that the training ends with: the means, or the state itself while nothing has been averaged. */
  weights(state: Tensors): Tensors {
    return { ...state, ...this.means };
  }

  /** What a checkpoint has to hold beside the state. */
  saved(): Tensors {
    return Object.fromEntries(Object.entries(this.means).map(([name, mean]) => [keyOf(name), mean]));
  }
}

const keyOf = (name: string) => `average/${name}`;

/** mean + (value - mean) / count. */
function moved(mean: Tensor | undefined, value: Tensor, count: number): Tensor {
  if (!mean) return value;
  const now = value.data as Float32Array;
  return { ...value, data: (mean.data as Float32Array).map((m, i) => m + ((now[i] ?? 0) - m) / count) };
}
