import { gradients } from "../autodiff/gradients.js";
import { UserError } from "../errors.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32, type Tensor, zeros } from "../onnx/tensor.js";
import { applyPasses, passes } from "../passes/index.js";
import type { Pass } from "../passes/pass.js";
import type { RunningStatistic } from "../processors/weights.js";
import { probe, valueSizedNodes } from "../runtime/probe.js";
import type { Tensors } from "../runtime/session.js";
import { requireStableSizes } from "../runtime/stable-sizes.js";
import { adam, CORRECTION, momentsOf, RATE } from "./adam.js";

/** A loss and the parameters that minimize it. */
export interface Goal {
  /** Name of a scalar output of the graph. */
  readonly loss: string;
  readonly parameters: readonly string[];
}

/** The forward part of a training step. Parameters and running statistics are inputs of the graph. */
export interface Forward {
  /** Outputs: the losses of the goals, values for the log, and the updated running statistics. All shapes are known. */
  readonly graph: Graph;
  /** Each loss is differentiated only with respect to its own parameters. */
  readonly goals: readonly Goal[];
  readonly statistics: readonly RunningStatistic[];
  /** Initial weights and statistics, by name. */
  readonly initial: ReadonlyMap<string, Tensor>;
  /** The names of weights in this graph that differ from those in their network, by the latter. Default: none. */
  readonly names?: ReadonlyMap<string, string>;
}

/** Loads batches of the images and labels that a training step gets. */
export type Samples = () => Promise<readonly Tensors[]>;

/** A training step (forward, backward and optimizer) as one ONNX graph. */
export interface TrainingStep {
  /**
   * Inputs: those of the forward graph, the two scalars of Adam, and the moments.
   * Outputs: those of the forward graph and the updated state.
   */
  readonly graph: Graph;
  /** Initial parameters, moments and running statistics, by the names of their inputs. */
  readonly state: Readonly<Record<string, Tensor>>;
  /** The output that holds the updated value of each state tensor. */
  readonly next: ReadonlyMap<string, string>;
  readonly parameters: readonly string[];
  /** See `Forward.names`. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * Differentiates a forward graph and appends Adam.
 * @param appliedPasses the optimization passes to apply. Default: all.
 * @param samples loads typical batches of images and labels. They are needed if sizes in the graph depend on values.
 * @throws UserError when an operator between a parameter and the loss has no gradient, the loss does not depend on a
 * parameter, or a size differs between samples.
 */
export async function trainingStep(
  { graph, goals, statistics, initial, names = new Map() }: Forward,
  appliedPasses: readonly Pass[] = passes,
  samples?: Samples,
): Promise<TrainingStep> {
  const trial = await trialFor(graph, initial, samples);
  const rewritten = await applyPasses(graph, appliedPasses, "forward", trial);
  const { graph: folded, shapes } = await probe(rewritten, { ...trial, runs: rewritten !== graph });
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
    graph: await applyPasses(b.build(), appliedPasses, "step", { ...trial, known: shapes }),
    state: initialState(initial, [...next.keys()]),
    next,
    parameters: [...differentiated.gradients.keys()],
    names,
  };
}

/** Inputs for probing a graph whose sizes depend on values: a sample and the initial weights. None for other graphs. */
async function trialFor(graph: Graph, initial: Forward["initial"], samples?: Samples): Promise<{ inputs?: Tensors }> {
  const nodes = samples ? valueSizedNodes(graph) : [];
  if (!samples || nodes.length === 0) return {};
  const given = await samples();
  const scalar = float32([1], []);
  const weights = graph.inputs.map(({ name }) => [name, initial.get(name) ?? scalar] as const);
  const inputs = given.map((sample) => ({ ...Object.fromEntries(weights), ...sample }));
  await requireStableSizes(graph, nodes, inputs);
  return inputs[0] ? { inputs: inputs[0] } : {};
}

/** Adds the gradient of each goal's loss with respect to its parameters to the graph. */
function differentiate(graph: Graph, goals: readonly Goal[], shapes: ReadonlyMap<string, readonly number[]>) {
  const found = new Map<string, string>();
  let current = graph;
  for (const { loss, parameters } of goals) {
    const differentiated = gradients(current, loss, parameters, shapes);
    for (const [parameter, gradient] of differentiated.gradients) {
      if (!gradient)
        throw new UserError(
          `cannot differentiate ${graph.name}: the loss does not depend on the weight "${parameter}"`,
        );
      found.set(parameter, gradient);
    }
    // Temporary outputs keep these gradients through the next goal's differentiation.
    const kept = [...new Set(found.values())].map((name) => ({ name }));
    current = { ...differentiated.graph, outputs: [...graph.outputs, ...kept] };
  }
  return { graph: { ...current, outputs: graph.outputs }, gradients: found };
}

/** The initial state tensors: given weights and statistics, and zero moments. */
function initialState(initial: Forward["initial"], names: readonly string[]): Record<string, Tensor> {
  const initialValue = (name: string): Tensor => {
    const weight = initial.get(name);
    if (weight) return weight;
    const owner = initial.get(name.replace(/^adam\.[mv]\//, ""));
    return zeros("float32", owner?.shape ?? []);
  };
  return Object.fromEntries(names.map((name) => [name, initialValue(name)]));
}

/** The state after a step, from the step's outputs. */
export const nextState = (
  { next }: Pick<TrainingStep, "next">,
  results: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> => Object.fromEntries([...next].map(([name, output]) => [name, results[output] as Tensor]));

/**
 * The network with the weights and statistics of a training state.
 * @param names see `Forward.names`.
 */
export const withState = (
  network: Graph,
  state: Readonly<Record<string, Tensor>>,
  names: ReadonlyMap<string, string> = new Map(),
): Graph => ({
  ...network,
  initializers: new Map(
    [...network.initializers].map(([name, tensor]) => [name, state[names.get(name) ?? name] ?? tensor]),
  ),
});

/** Scalar float32 tensors of these values, by input name. */
export const scalars = (values: Readonly<Record<string, number>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, float32([value], [])]));
