import { DEFAULT_DISTANCE, type DistanceName, distanceOf } from "../objectives/distances.js";
import { type ImageLoss, imageLoss } from "../objectives/image-loss.js";
import { meanSquaredError } from "../objectives/losses.js";
import type { FrozenRecognizer, Objective } from "../objectives/objective.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { type ProcessorFormat, plainFormat, throughFormat } from "../processors/format.js";
import { IMAGE, imageEnds, RESTORED } from "../processors/image-network.js";
import { parametersOf, type RunningStatistic, withTrainingNorms } from "../processors/weights.js";
import { LOGITS } from "../recognition/model.js";
import { chooseWeights } from "./freeze.js";
import type { Forward, Goal } from "./step.js";

/** A recognizer that has been fitted to the crops. */
export interface WeightedRecognizer {
  /**
   * `image` [batch, 3, crop, crop] in. The outputs, with all sizes known, are what the objective reads: `logits`, and the
   * values inside that are compared.
   */
  readonly graph: Graph;
  /** Factor of its loss. Default: 1. */
  readonly weight?: number;
}

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
  /** Default: mse. */
  readonly imageLoss?: ImageLoss;
  /** For the objective that compares outputs. Default: softmax-mse. */
  readonly distance?: DistanceName | null;
  /** How much values inside R count beside its output. Default: 0. */
  readonly featureWeight?: number;
  /** None where the objective reads nothing of R. */
  readonly recognizers?: readonly WeightedRecognizer[];
  /** T of `buildTransformer`, for the objective that has one. */
  readonly transformer?: Graph | null;
  readonly batch: number;
  /** Sides of the degraded and the clean images. */
  readonly degradedSide: number;
  readonly cleanSide: number;
}

/** The scalar input that holds λ. */
export const LAMBDA = "lambda";

/** The output that holds mean((P(x) - y)²), whatever the image loss is. */
export const SQUARED_ERROR = "squared-error";

/**
 * Joins P, R, T and the losses into one graph. Inputs: `degraded`, `clean`, `labels` [batch] and `lambda` where the
 * objective reads them, and the weights. Outputs: `loss`, a `loss.NAME` for each part, `squared-error`.
 * @throws UserError when the processor has no weights to train or not one image in and one out.
 */
export function processorForward(options: ProcessorForwardOptions): Forward {
  const { processor, format = plainFormat, freeze = [], trainNorms, objective, recognizers = [], batch } = options;
  const { parameters, frozen } = chooseWeights(processor, freeze);
  const p = {
    parameters,
    ...(trainNorms ? withTrainingNorms(processor, frozen) : { graph: processor, statistics: [] }),
  };
  const t = options.transformer
    ? { parameters: parametersOf(options.transformer), ...withTrainingNorms(options.transformer) }
    : null;
  const b = new GraphBuilder(`the training step of ${processor.name}`);
  const degraded = b.input("degraded", [batch, 3, options.degradedSide, options.degradedSide]);
  const clean = b.input("clean", [batch, 3, options.cleanSide, options.cleanSide]);
  const [input, output] = imageEnds(processor);
  const apply = (image: string) => inlineTrainable(b, p, { [input.name]: image }, "P/")[output.name] as string;
  const restored = throughFormat(b, degraded, format, apply);
  const squaredError = meanSquaredError(b, restored, clean);
  const { imageLoss: kind = "mse" } = options;
  const losses = objective.losses({
    b,
    restored,
    clean,
    image: kind === "mse" ? squaredError : imageLoss(kind, b, restored, clean),
    labels: () => b.input("labels", [batch], "int64"),
    lambda: () => b.input(LAMBDA, []),
    transform(images) {
      if (!t) throw new Error(`the objective ${objective.name} got no transformer`);
      return inlineTrainable(b, t, { [IMAGE]: images }, "T/")[RESTORED] as string;
    },
    recognizers: recognizers.map((recognizer, i) => frozenIn(b, recognizer, `recognizer${i}/`)),
    distance: distanceOf(options.distance ?? DEFAULT_DISTANCE),
    featureWeight: options.featureWeight ?? 0,
  });
  const goals: Goal[] = [{ loss: b.output("goal.processor", losses.processor), parameters }];
  if (t && losses.transformer !== undefined)
    goals.push({ loss: b.output("goal.transformer", losses.transformer), parameters: t.parameters });
  b.output("loss", losses.transformer === undefined ? losses.processor : b.Add(losses.processor, losses.transformer));
  for (const [name, value] of Object.entries(losses.parts)) b.output(`loss.${name}`, value);
  b.output(SQUARED_ERROR, squaredError);
  return {
    graph: b.build(),
    goals,
    statistics: [...p.statistics, ...(t?.statistics ?? [])],
    initial: new Map([...p.graph.initializers, ...(t?.graph.initializers ?? [])]),
  };
}

/** A recognizer inside a graph: its weights once, its nodes for every picture it looks at. */
function frozenIn(b: GraphBuilder, { graph, weight = 1 }: WeightedRecognizer, prefix: string): FrozenRecognizer {
  const weights = Object.fromEntries(
    [...graph.initializers].map(([name, tensor]) => [name, b.initializer(prefix + name, tensor)]),
  );
  const bare = { ...graph, initializers: new Map() };
  const looks = new Map<string, Record<string, string>>();
  const look = (images: string) => {
    const earlier = looks.get(images);
    if (earlier) return earlier;
    const outputs = b.inline(bare, { ...weights, image: images }, `${prefix}${looks.size}/`);
    looks.set(images, outputs);
    return outputs;
  };
  const inside = graph.outputs.map(({ name }) => name).filter((name) => name !== LOGITS);
  return {
    weight,
    outputShape: shapeOf(graph, LOGITS),
    output: (images) => look(images)[LOGITS] as string,
    features: (images) => inside.map((name) => look(images)[name] as string),
  };
}

function shapeOf({ name: title, outputs }: Graph, output: string): number[] {
  const { shape = [] } = outputs.find(({ name }) => name === output) ?? {};
  return shape.map((size) => {
    if (typeof size !== "number") throw new Error(`the sizes of "${output}" of ${title} have not been settled`);
    return size;
  });
}

/** A network that learns. */
export interface Learning {
  readonly graph: Graph;
  readonly parameters: readonly string[];
  readonly statistics: readonly RunningStatistic[];
}

/**
 * Puts a network into a graph with its weights and running statistics as inputs, and gives the new statistics out.
 * @param prefix of the names of its other values.
 * @returns the names that the network's outputs have in the graph.
 */
export function inlineTrainable(
  b: GraphBuilder,
  { graph: network, parameters, statistics }: Learning,
  bindings: Readonly<Record<string, string>>,
  prefix: string,
): Record<string, string> {
  const state = [...parameters, ...statistics.map(({ input }) => input)];
  for (const name of state) b.input(name, network.initializers.get(name)?.shape ?? []);
  const kept = [...state, ...statistics.map(({ output }) => output)];
  const initializers = new Map([...network.initializers].filter(([name]) => !state.includes(name)));
  const names = Object.fromEntries(kept.map((name) => [name, name]));
  const outputs = b.inline({ ...network, initializers }, { ...names, ...bindings }, prefix);
  for (const { output } of statistics) b.output(output, output);
  return outputs;
}
