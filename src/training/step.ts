import { gradients } from "../autodiff/gradients.js";
import { UserError } from "../errors.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32, type Tensor, zeros } from "../onnx/tensor.js";
import { applyPasses, passes } from "../passes/index.js";
import type { Pass } from "../passes/pass.js";
import type { RunningStatistic } from "../processors/weights.js";
import { probe } from "../runtime/probe.js";
import { adam, CORRECTION, momentsOf, RATE } from "./adam.js";

/** A loss and the parameters that learn from it. */
export interface Goal {
  /** An output of the graph. */
  readonly loss: string;
  readonly parameters: readonly string[];
}

/** Networks with their losses, before they can learn: parameters and running statistics are inputs of the graph. */
export interface Forward {
  /** Outputs: the losses of the goals, what the log wants, and the new running statistics. Its sizes are all known. */
  readonly graph: Graph;
  /** Each loss is differentiated by its own parameters alone. */
  readonly goals: readonly Goal[];
  readonly statistics: readonly RunningStatistic[];
  /** The weights and statistics at the start, by name. */
  readonly initial: ReadonlyMap<string, Tensor>;
}

/** A whole step of training as one ONNX graph. */
export interface TrainingStep {
  /**
   * Inputs: those of the forward graph, Adam's two scalars and the moments.
   * Outputs: those of the forward graph and the new state.
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
  { graph, goals, statistics, initial }: Forward,
  chosen: readonly Pass[] = passes,
): Promise<TrainingStep> {
  const rewritten = await applyPasses(graph, chosen, "forward");
  const { graph: folded, shapes } = await probe(rewritten, { runs: rewritten !== graph });
  const differentiated = differentiate(folded, goals, shapes);
  const b = GraphBuilder.from(differentiated.graph);
  const next = new Map(statistics.map(({ input, output }) => [input, output]));
  b.input(RATE, []);
  b.input(CORRECTION, []);
  for (const [parameter, gradient] of differentiated.gradients) {
    const moments = momentsOf(parameter);
    for (const name of [moments.first, moments.second]) b.input(name, shapes.get(parameter) ?? []);
    const updated = adam(b, parameter, gradient);
    next.set(parameter, updated.parameter).set(moments.first, updated.first).set(moments.second, updated.second);
  }
  const declared = new Set(differentiated.graph.outputs.map(({ name }) => name));
  for (const value of next.values()) if (!declared.has(value)) b.output(value, value);
  return {
    graph: await applyPasses(b.build(), chosen, "step"),
    state: startingState(initial, [...next.keys()]),
    next,
    parameters: [...differentiated.gradients.keys()],
  };
}

/** The graph with the gradient of each goal's loss with regard to its parameters. */
function differentiate(graph: Graph, goals: readonly Goal[], shapes: ReadonlyMap<string, readonly number[]>) {
  const found = new Map<string, string>();
  let current = graph;
  for (const { loss, parameters } of goals) {
    const differentiated = gradients(current, loss, parameters, shapes);
    for (const [parameter, gradient] of differentiated.gradients) {
      if (!gradient) throw new UserError(`the loss does not depend on the weight "${parameter}" in ${graph.name}`);
      found.set(parameter, gradient);
    }
    // Outputs for now, so that the next goal's differentiation keeps them.
    const kept = [...new Set(found.values())].map((name) => ({ name }));
    current = { ...differentiated.graph, outputs: [...graph.outputs, ...kept] };
  }
  return { graph: { ...current, outputs: graph.outputs }, gradients: found };
}

function startingState(initial: Forward["initial"], names: readonly string[]): Record<string, Tensor> {
  const start = (name: string): Tensor => {
    const weight = initial.get(name);
    if (weight) return weight;
    const owner = initial.get(name.replace(/^adam\.[mv]\//, ""));
    return zeros("float32", owner?.shape ?? []);
  };
  return Object.fromEntries(names.map((name) => [name, start(name)]));
}

/** The state after a step, from what the step gave out. */
export const nextState = (
  { next }: Pick<TrainingStep, "next">,
  results: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> => Object.fromEntries([...next].map(([name, output]) => [name, results[output] as Tensor]));

/** The network with the weights and statistics of a training state. */
export const withState = (network: Graph, state: Readonly<Record<string, Tensor>>): Graph => ({
  ...network,
  initializers: new Map([...network.initializers].map(([name, tensor]) => [name, state[name] ?? tensor])),
});

/** Numbers as scalar tensors, by the names of the inputs that take them. */
export const scalars = (values: Readonly<Record<string, number>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, float32([value], [])]));
