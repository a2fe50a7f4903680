import { UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import type { Tensor } from "../onnx/tensor.js";
import { cardOf, withCard } from "./card.js";

/** Extrapolation from the processors' common initial weights: factor 1 gives their mean, above 1 goes beyond it. */
export interface Extrapolation {
  /** The common initial processor of all trainings. */
  readonly start: Graph;
  /** 0 gives `start`, 1 the mean of the processors. */
  readonly factor: number;
}

/**
 * Averages the weights of processors of the same architecture that were trained from the same initial weights with
 * different seeds (model soup, Wortsman et al. 2022). Averaging removes what is specific to a single training run and keeps
 * what the runs have in common, which transfers better to other recognizers. With an extrapolation the result is
 * start + factor · (mean - start) (task arithmetic, Ilharco et al. 2023): the mean is closer to the start than each
 * processor is, and a factor above 1 compensates for that. Of a single processor, a factor below 1 gives one between it and the start,
 * which keeps more of the start's PSNR (Wortsman et al. 2022b, WiSE-FT).
 * @throws UserError when there is no processor, a single one without an extrapolation, or their architectures differ.
 */
export function averageProcessors(processors: readonly Graph[], extrapolation?: Extrapolation): Graph {
  const [first, ...others] = processors;
  if (!first || (others.length === 0 && !extrapolation))
    throw new UserError(
      `cannot average ${processors.length} processors: give at least two, or one and the one that its training started from`,
    );
  const initializers = new Map(
    [...first.initializers].map(([name, tensor]) => {
      if (tensor.type !== "float32") return [name, tensor];
      const mean = meanOf(processors.map((processor) => weightIn(processor, name, first)));
      if (!extrapolation) return [name, mean];
      return [name, extrapolate(weightIn(extrapolation.start, name, first), mean, extrapolation.factor)];
    }),
  );
  const card = cardOf(first);
  const averaged = { ...first, initializers };
  if (!card) return averaged;
  if (extrapolation && others.length === 0) return withCard(averaged, { ...card, balance: extrapolation.factor });
  return withCard(averaged, {
    ...card,
    averageOf: processors.length,
    ...(extrapolation && { averageFactor: extrapolation.factor }),
  });
}

/**
 * The processor whose weights lie between those of two trainings of the same architecture from the same initial weights:
 * plain + balance · (recognition - plain). Its card is that of `recognition` with the balance.
 * @param balance 0 gives the weights of `plain`, 1 those of `recognition`.
 * @throws UserError when the balance is not between 0 and 1, or the architectures differ.
 */
export function interpolateProcessors(plain: Graph, recognition: Graph, balance: number): Graph {
  if (!(balance >= 0 && balance <= 1)) throw new UserError(`\`balance\` is ${balance}; expected a number from 0 to 1`);
  return averageProcessors([recognition], { start: plain, factor: balance });
}

/** The weight of that name in another processor. @throws UserError when its architecture differs. */
function weightIn(other: Graph, name: string, first: Graph): Tensor {
  const [own, found] = [first.initializers.get(name), other.initializers.get(name)];
  if (found && found.shape.join() === own?.shape.join() && first.initializers.size === other.initializers.size)
    return found;
  throw new UserError(`cannot average ${other.name} and ${first.name}: their architectures differ (weight "${name}")`);
}

function meanOf(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors as [Tensor, ...Tensor[]];
  const mean = (_: number, i: number) => tensors.reduce((sum, { data }) => sum + Number(data[i]), 0) / tensors.length;
  return { ...first, data: (first.data as Float32Array).map(mean) };
}

/** start + factor · (end - start). */
function extrapolate(start: Tensor, end: Tensor, factor: number): Tensor {
  const from = start.data as Float32Array;
  const data = (end.data as Float32Array).map((value, i) => (from[i] ?? 0) + factor * (value - (from[i] ?? 0)));
  return { ...end, data };
}
