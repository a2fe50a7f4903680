import { UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import { sizeOf } from "../onnx/tensor.js";
import type { Processor } from "../processors/processor.js";
import { learnedIn } from "../processors/weights.js";

/** The share of a network's weight values that must come from the trained network. */
const LEAST_SHARE = 0.5;

/** A network with the weights of a trained one. */
export interface InitializedGraph {
  readonly graph: Graph;
  /** States the weights that keep their own initial values, if any. */
  readonly notes: readonly string[];
}

/**
 * Takes initial weights from a trained processor of the same architecture. If that one has another scale, the weights are
 * taken whose name and shape fit; constants, which can depend on the scale, stay those of the given processor.
 * @param network the name of the network; null for a processor from a file.
 * @throws UserError when the architectures differ: the trained processor's card names another network, or less than half of
 * the values fit.
 */
export function withInitialWeights(
  { graph, weights }: Processor,
  network: string | null,
  { graph: trained, card, file, name: trainedName }: Processor,
): InitializedGraph {
  const title = file ?? trainedName;
  const fits = (name: string): boolean =>
    trained.initializers.get(name)?.shape.join() === graph.initializers.get(name)?.shape.join();
  const misfit = [...graph.initializers.keys()].find((name) => !fits(name));
  if (misfit === undefined) return { graph: withWeights(graph, trained, [...graph.initializers.keys()]), notes: [] };
  const fresh = weights.trainable.filter((name) => !fits(name));
  const [some, all] = [valuesIn(graph, fresh), valuesIn(graph, weights.trainable)];
  const isOther = network !== null && card !== null && card.network !== network;
  if (isOther || all === 0 || 1 - some / all < LEAST_SHARE)
    throw new UserError(
      `cannot take initial weights from ${title}: it is not a ${graph.name} (weight "${misfit}" does not fit)`,
    );
  const count = `${some.toLocaleString("en")} of ${all.toLocaleString("en")}`;
  const notes = [
    `${count} weights start untrained: in ${title}, ${fresh.join(", ")} have another shape or are missing`,
  ];
  return { graph: withWeights(graph, trained, learnedIn(weights).filter(fits)), notes: fresh.length > 0 ? notes : [] };
}

const valuesIn = ({ initializers }: Graph, names: readonly string[]): number =>
  names.reduce((sum, name) => sum + sizeOf(initializers.get(name)?.shape ?? [0]), 0);

/** The graph with these initializers of another graph. */
function withWeights(graph: Graph, from: Graph, names: readonly string[]): Graph {
  const taken = new Set(names);
  const initializers = [...graph.initializers].map(([name, own]) => {
    return [name, (taken.has(name) && from.initializers.get(name)) || own] as const;
  });
  return { ...graph, initializers: new Map(initializers) };
}
