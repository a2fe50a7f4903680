import { gradients } from "../autodiff/gradients.js";
import { UserError } from "../errors.js";
import { GraphBuilder } from "../graph/builder.js";
import type { Graph } from "../graph/graph.js";
import { float32, type Tensor, zeros } from "../graph/tensor.js";
import { lower, lowerings } from "../lowering/index.js";
import type { Lowering } from "../lowering/lowering.js";
import { probe } from "../runtime/probe.js";
import { adam, CORRECTION, momentsOf, RATE } from "./adam.js";
import type { RunningStatistic } from "./parameters.js";

/** A network with its loss, before it can learn: parameters and running statistics are inputs of the graph. */
export interface Forward {
  /** Outputs `loss`, a `loss.NAME` for each part, and the new running statistics. Its sizes are all known. */
  readonly graph: Graph;
  readonly parameters: readonly string[];
  readonly statistics: readonly RunningStatistic[];
  /** The network as it is at the start: holds the weights by their names. */
  readonly network: Graph;
}

/** A whole step of training as one ONNX graph. */
export interface TrainingStep {
  /**
   * Inputs: those of the forward graph, Adam's two scalars and the moments.
   * Outputs: `loss`, a `loss.NAME` for each part, and the new state.
   */
  readonly graph: Graph;
  /** Parameters, moments and running statistics at the start, by the names of their inputs. */
  readonly state: Readonly<Record<string, Tensor>>;
  /** Under which output the new value of each state tensor comes. */
  readonly next: ReadonlyMap<string, string>;
  readonly parameters: readonly string[];
}

/**
 * Differentiates a forward graph and appends the optimizer.
 * @param chosen the rewrites to faster forms; all of them by default.
 * @throws UserError when an operator on the way has no gradient.
 */
export async function trainingStep(
  { graph, parameters, statistics, network }: Forward,
  chosen: readonly Lowering[] = lowerings,
): Promise<TrainingStep> {
  const { graph: folded, shapes } = await probe(await lower(graph, chosen, "forward"));
  const differentiated = gradients(folded, "loss", parameters, shapes);
  const b = GraphBuilder.from(differentiated.graph);
  const next = new Map(statistics.map(({ input, output }) => [input, output]));
  b.input(RATE, []);
  b.input(CORRECTION, []);
  for (const parameter of parameters) {
    const gradient = differentiated.gradients.get(parameter);
    if (!gradient) throw new UserError(`the loss does not depend on the weight "${parameter}" of ${network.name}`);
    const moments = momentsOf(parameter);
    for (const name of [moments.first, moments.second]) b.input(name, shapes.get(parameter) ?? []);
    const updated = adam(b, parameter, gradient);
    next.set(parameter, updated.parameter).set(moments.first, updated.first).set(moments.second, updated.second);
  }
  const declared = new Set(differentiated.graph.outputs.map(({ name }) => name));
  for (const value of next.values()) if (!declared.has(value)) b.output(value, value);
  return {
    graph: await lower(b.build(), chosen, "step"),
    state: startingState(network, [...next.keys()]),
    next,
    parameters,
  };
}

function startingState(network: Graph, names: readonly string[]): Record<string, Tensor> {
  const start = (name: string): Tensor => {
    const weight = network.initializers.get(name);
    if (weight) return weight;
    const owner = network.initializers.get(name.replace(/^adam\.[mv]\//, ""));
    return zeros("float32", owner?.shape ?? []);
  };
  return Object.fromEntries(names.map((name) => [name, start(name)]));
}

/** The state after a step, from what the step gave out. */
export const nextState = ({ next }: TrainingStep, results: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries([...next].map(([name, output]) => [name, results[output] as Tensor]));

/** The network with the weights and statistics of a training state. */
export const withState = (network: Graph, state: Readonly<Record<string, Tensor>>): Graph => ({
  ...network,
  initializers: new Map([...network.initializers].map(([name, tensor]) => [name, state[name] ?? tensor])),
});

/** A scalar as a tensor. */
export const scalar = (value: number): Tensor => float32([value], []);
