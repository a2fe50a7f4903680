import { UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import type { Tensor } from "../onnx/tensor.js";
import { cardOf, withCard } from "./card.js";

/** How far to go from the start that the processors share: 1 is their mean, more goes on in the same direction. */
export interface Reach {
  readonly start: Graph;
  readonly factor: number;
}

/**
 * The mean of the weights of processors of one make, trained alike from one start with different seeds (a model soup,
 * Wortsman et al. 2022). The loss of one recognizer pulls each of them partly its own way; what they agree on is kept,
 * and that is what other recognizers see too. With a reach the result is start + factor·(mean - start): the mean of
 * several trainings has come less far than each of them, and goes on without their noise (task vectors, Ilharco et al.
 * 2023).
 * @throws UserError when there are fewer than two, or they are not of one make.
 */
export function averageProcessors(processors: readonly Graph[], reach?: Reach): Graph {
  const [first, ...others] = processors;
  if (!first || others.length === 0) throw new UserError("an average takes two processors or more");
  const initializers = new Map(
    [...first.initializers].map(([name, tensor]) => {
      if (tensor.type !== "float32") return [name, tensor];
      const mean = meanOf(processors.map((processor) => weightIn(processor, name, first)));
      return [name, reach ? stretched(weightIn(reach.start, name, first), mean, reach.factor) : mean];
    }),
  );
  const card = cardOf(first);
  const averaged = { ...first, initializers };
  if (!card) return averaged;
  return withCard(averaged, { ...card, averageOf: processors.length, ...(reach && { averageFactor: reach.factor }) });
}

/** The weight of that name in another processor. @throws UserError when that one is built otherwise. */
function weightIn(other: Graph, name: string, first: Graph): Tensor {
  const [own, found] = [first.initializers.get(name), other.initializers.get(name)];
  if (found && found.shape.join() === own?.shape.join() && first.initializers.size === other.initializers.size)
    return found;
  throw new UserError(`${other.name} is not of the same make as ${first.name}: the weight "${name}" does not fit`);
}

function meanOf(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors as [Tensor, ...Tensor[]];
  const mean = (_: number, i: number) => tensors.reduce((sum, { data }) => sum + Number(data[i]), 0) / tensors.length;
  return { ...first, data: (first.data as Float32Array).map(mean) };
}

function stretched(start: Tensor, mean: Tensor, factor: number): Tensor {
  const from = start.data as Float32Array;
  const data = (mean.data as Float32Array).map((value, i) => (from[i] ?? 0) + factor * (value - (from[i] ?? 0)));
  return { ...mean, data };
}
