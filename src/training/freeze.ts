import { UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import { weightsOf } from "../processors/weights.js";

/** The weights of a network, parted into those that are trained and those that are kept. */
export interface Chosen {
  /** In the order in which they are used. */
  readonly parameters: readonly string[];
  /** Initializers that a pattern names, weights or not. */
  readonly frozen: readonly string[];
}

/** How many names a message lists. */
const LISTED = 5;

/**
 * Parts a network's weights by patterns of names, in which * stands for any characters and ? for one: `backbone.*`.
 * @throws UserError when there is no weight, a pattern matches no initializer, or no weight is left to train.
 */
export function chooseWeights(network: Graph, patterns: readonly string[]): Chosen {
  const { trainable } = weightsOf(network);
  if (trainable.length === 0) throw new UserError(`${network.name} has no weights to train`);
  const names = [...network.initializers.keys()];
  const some = `${trainable.slice(0, LISTED).join(", ")}${trainable.length > LISTED ? ", …" : ""}`;
  const matchers = patterns.map(matcherOf);
  for (const [i, matches] of matchers.entries())
    if (!names.some(matches))
      throw new UserError(`--freeze "${patterns[i]}" matches nothing in ${network.name}; its weights: ${some}`);
  const frozen = names.filter((name) => matchers.some((matches) => matches(name)));
  const parameters = trainable.filter((name) => !frozen.includes(name));
  if (parameters.length === 0)
    throw new UserError(`--freeze leaves nothing to train in ${network.name}; its weights: ${some}`);
  return { parameters, frozen };
}

function matcherOf(pattern: string): (name: string) => boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  const expression = new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
  return (name) => expression.test(name);
}
