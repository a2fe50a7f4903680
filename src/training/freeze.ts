import { UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import { weightsOf } from "../processors/weights.js";

/** A network's trainable weights and frozen initializers. */
export interface WeightSelection {
  /** Weights to train, in the order in which they are used. */
  readonly parameters: readonly string[];
  /** Initializers that match a pattern, whether or not they are weights. */
  readonly frozen: readonly string[];
}

/** Number of names that a message lists. */
const LISTED = 5;

/**
 * Selects the weights to train. Initializers that match a pattern are frozen; in a pattern, * matches any characters and ?
 * matches one: `backbone.*`.
 * @throws UserError when the network has no trainable weight, a pattern matches no initializer, or all weights are frozen.
 */
export function chooseWeights(network: Graph, patterns: readonly string[]): WeightSelection {
  const { trainable } = weightsOf(network);
  if (trainable.length === 0) throw new UserError(`cannot train ${network.name}: it has no trainable weights`);
  const names = [...network.initializers.keys()];
  const listed = `${trainable.slice(0, LISTED).join(", ")}${trainable.length > LISTED ? ", …" : ""}`;
  const matchers = patterns.map(matcherOf);
  for (const [i, matches] of matchers.entries())
    if (!names.some(matches))
      throw new UserError(
        `cannot train ${network.name}: \`freeze\` "${patterns[i]}" matches no initializer; its weights: ${listed}`,
      );
  const frozen = names.filter((name) => matchers.some((matches) => matches(name)));
  const parameters = trainable.filter((name) => !frozen.includes(name));
  if (parameters.length === 0)
    throw new UserError(`cannot train ${network.name}: \`freeze\` matches every weight; its weights: ${listed}`);
  return { parameters, frozen };
}

/** A predicate for the names that match a pattern. */
function matcherOf(pattern: string): (name: string) => boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  const expression = new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
  return (name) => expression.test(name);
}
