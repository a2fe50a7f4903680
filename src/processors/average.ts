import { UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import type { Tensor } from "../onnx/tensor.js";
import { type Card, cardOf, earlierRecognizers, withCard } from "./card.js";
import { learnedIn, weightsOf } from "./weights.js";

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
 * which keeps more of the start's PSNR (Wortsman et al. 2022b, WiSE-FT). Everything that is not learned, such as the border of an
 * exported model and the card, is that of the first processor; the card also names the recognizers of the others.
 * @throws UserError when there is no processor, a single one without an extrapolation, or their tasks or architectures differ.
 */
export function averageProcessors(processors: readonly Graph[], extrapolation?: Extrapolation): Graph {
  const [first, ...others] = processors;
  if (!first || (others.length === 0 && !extrapolation))
    throw new UserError(
      `cannot average ${processors.length} processors: give at least two, or one and the one that its training started from`,
    );
  const names = comparedIn(first);
  const sources = [...others, ...(extrapolation ? [extrapolation.start] : [])];
  for (const other of sources) {
    requireSameTask(first, other);
    requireSameWeights(names, first, other);
  }
  const initializers = new Map(first.initializers);
  for (const name of names) {
    const mean = meanOf(processors.map((processor) => tensorIn(processor, name)));
    initializers.set(name, extrapolation ? extrapolate(extrapolation, name, mean) : mean);
  }
  const card = withRecognizersOf(cardOf(first), sources);
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

/** The card with the recognizers of the other processors. */
const withRecognizersOf = (card: Card | null, sources: readonly Graph[]): Card | null =>
  card && { ...card, ...earlierRecognizers(card.recognizers, [card, ...sources.map(cardOf)]) };

/** @throws UserError when the cards of two processors state different tasks. */
function requireSameTask(first: Graph, other: Graph): void {
  const [own, found] = [cardOf(first)?.task, cardOf(other)?.task];
  if (own !== undefined && found !== undefined && own !== found)
    throw new UserError(
      `cannot average ${first.name} and ${other.name}: one was trained for ${own}, the other for ${found}`,
    );
}

/**
 * What must agree: the learned values, and fixed filters, which depend on the scale. Other constants, such as those of the border that
 * an export adds, are not compared: their names are arbitrary.
 */
function comparedIn(graph: Graph): readonly string[] {
  const weights = weightsOf(graph);
  return [...learnedIn(weights), ...(weights.constant.get("fixed filters") ?? [])];
}

/** @throws UserError that names the first weight that only one of two processors has, or that has another shape. */
function requireSameWeights(names: readonly string[], first: Graph, other: Graph): void {
  for (const name of new Set([...names, ...comparedIn(other)])) {
    const [own, found] = [first, other].map((graph) => graph.initializers.get(name)?.shape.join(" × "));
    if (own === found) continue;
    const difference =
      own === undefined || found === undefined
        ? `only ${own === undefined ? other.name : first.name} has the weight "${name}"`
        : `weight "${name}" is ${own} in one and ${found} in the other`;
    throw new UserError(`cannot average ${first.name} and ${other.name}: their architectures differ (${difference})`);
  }
}

const tensorIn = (graph: Graph, name: string): Tensor => graph.initializers.get(name) as Tensor;

function meanOf(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors as [Tensor, ...Tensor[]];
  const mean = (_: number, i: number) => tensors.reduce((sum, { data }) => sum + Number(data[i]), 0) / tensors.length;
  return { ...first, data: (first.data as Float32Array).map(mean) };
}

/** start + factor · (end - start). */
function extrapolate({ start, factor }: Extrapolation, name: string, end: Tensor): Tensor {
  const from = tensorIn(start, name).data as Float32Array;
  const data = (end.data as Float32Array).map((value, i) => (from[i] ?? 0) + factor * (value - (from[i] ?? 0)));
  return { ...end, data };
}
