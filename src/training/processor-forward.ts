import { UserError } from "../errors.js";
import { GraphBuilder } from "../graph/builder.js";
import type { Graph } from "../graph/graph.js";
import type { Objective } from "../objectives/objective.js";
import { chooseWeights } from "./freeze.js";
import { type ProcessorFormat, plainFormat, throughFormat } from "./image-format.js";
import { withTrainingNorms } from "./parameters.js";
import { imageEnds } from "./restorer.js";
import type { Forward } from "./step.js";

export interface ProcessorForwardOptions {
  /** P: one image input, one image output. */
  readonly processor: Graph;
  /** How its numbers stand for pictures. Default: RGB in [0, 1], NCHW. */
  readonly format?: ProcessorFormat;
  /** Patterns of the names of weights that are kept as they are. Default: none. */
  readonly freeze?: readonly string[];
  /** Whether P's batch normalizations learn from the batch; otherwise they stay as they are. */
  readonly trainNorms: boolean;
  readonly objective: Objective;
  readonly lambda: number;
  /** R for images of the clean ones' size and this batch: `image` in, `logits` [batch, classes] out. */
  readonly recognizer: Graph | null;
  readonly batch: number;
  /** Sides of the degraded and the clean images. */
  readonly degradedSide: number;
  readonly cleanSide: number;
}

/**
 * Joins P, R and the losses into one graph. Inputs: `degraded`, `clean`, `labels` [batch] when the objective reads them,
 * and P's weights.
 * @throws UserError when the processor has no weights to train or not one image in and one out.
 */
export function processorForward({
  processor,
  format = plainFormat,
  freeze = [],
  trainNorms,
  objective,
  recognizer,
  ...options
}: ProcessorForwardOptions): Forward {
  const { lambda, batch, degradedSide, cleanSide } = options;
  const { parameters, frozen } = chooseWeights(processor, freeze);
  const { graph: network, statistics } = trainNorms
    ? withTrainingNorms(processor, frozen)
    : { graph: processor, statistics: [] };
  const b = new GraphBuilder(`the training step of ${processor.name}`);
  const degraded = b.input("degraded", [batch, 3, degradedSide, degradedSide]);
  const clean = b.input("clean", [batch, 3, cleanSide, cleanSide]);
  const [input, output] = imageEnds(processor);
  const apply = (image: string) =>
    inlineTrainable(b, network, parameters, statistics, { [input.name]: image })[output.name] as string;
  const restored = throughFormat(b, degraded, format, apply);
  const losses = objective.losses({
    b,
    restored,
    clean,
    labels: () => b.input("labels", [batch], "int64"),
    recognize: (images) => {
      if (!recognizer)
        throw new UserError(`the objective ${objective.name} needs a recognizer: --recognizer FILE.onnx`);
      return b.inline(recognizer, { image: images }, "recognizer/").logits as string;
    },
    classes: recognizer ? classesOf(recognizer) : 0,
    lambda,
  });
  b.output("loss", losses.total);
  for (const [name, value] of Object.entries(losses.parts)) b.output(`loss.${name}`, value);
  return { graph: b.build(), parameters, statistics, network: processor };
}

/**
 * Puts a network into a graph with its weights and running statistics as inputs, and gives the new statistics out.
 * @returns the names that the network's outputs have in the graph.
 */
export function inlineTrainable(
  b: GraphBuilder,
  network: Graph,
  parameters: Forward["parameters"],
  statistics: Forward["statistics"],
  bindings: Readonly<Record<string, string>>,
): Record<string, string> {
  const state = [...parameters, ...statistics.map(({ input }) => input)];
  for (const name of state) b.input(name, network.initializers.get(name)?.shape ?? []);
  const kept = [...state, ...statistics.map(({ output }) => output)];
  const initializers = new Map([...network.initializers].filter(([name]) => !state.includes(name)));
  const names = Object.fromEntries(kept.map((name) => [name, name]));
  const outputs = b.inline({ ...network, initializers }, { ...names, ...bindings }, "P/");
  for (const { output } of statistics) b.output(output, output);
  return outputs;
}

const classesOf = (recognizer: Graph): number => {
  const classes = recognizer.outputs[0]?.shape?.at(-1);
  if (typeof classes !== "number") throw new Error(`the number of classes of ${recognizer.name} has not been settled`);
  return classes;
};
