import type { Handling } from "../data/handling/handling.js";
import { DEFAULT_DISTANCE, type DistanceName, distanceOf } from "../objectives/distances.js";
import { type ImageLoss, imageLoss } from "../objectives/image-loss.js";
import { latticeLoss } from "../objectives/lattice-loss.js";
import { meanSquaredError } from "../objectives/losses.js";
import type { FrozenRecognizer, Objective } from "../objectives/objective.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { renameWeights } from "../onnx/rename.js";
import { type ProcessorFormat, plainFormat, throughFormat } from "../processors/format.js";
import { IMAGE, imageEnds, RESTORED } from "../processors/image-network.js";
import { parametersOf, type RunningStatistic, withTrainingNorms } from "../processors/weights.js";
import { chooseWeights } from "./freeze.js";
import { frozenIn, type WeightedRecognizer } from "./frozen-in-graph.js";
import { randomHandling } from "./handling/random-handling.js";
import { LABEL_MAPS, LABELS, once } from "./label-inputs.js";
import type { Forward, Goal } from "./step.js";

/** Options of `processorForward`. */
export interface ProcessorForwardOptions {
  /** P: one image input, one image output. */
  readonly processor: Graph;
  /** P's image format. Default: RGB in [0, 1], NCHW. */
  readonly format?: ProcessorFormat;
  /** Name patterns of frozen weights. Default: none. */
  readonly freeze?: readonly string[];
  /** Whether P's batch normalizations use the batch's statistics; otherwise they stay in inference form. */
  readonly trainNorms: boolean;
  readonly objective: Objective;
  /** Default: mse. */
  readonly imageLoss?: ImageLoss;
  /** Factor on the lattice loss, which is added to the image loss, and to the loss of T. Default: 0. */
  readonly latticeWeight?: number;
  /** Random handling of the images that R gets. Default: none. */
  readonly after?: readonly Handling[];
  /** Distance between R's outputs, for objectives that compare them. Default: softmax-mse. */
  readonly distance?: DistanceName | null;
  /** Factor on the feature distance that is added to the loss of R's output. Default: 0. */
  readonly featureWeight?: number;
  /** The recognizers; empty if the objective does not use R. */
  readonly recognizers?: readonly WeightedRecognizer[];
  /** T from `buildTransformer`, for objectives with a transformer. */
  readonly transformer?: Graph | null;
  /** Factor on the squared change that T makes to P's images, in the loss of T. Default: 0. */
  readonly transformerWeight?: number;
  /** Batch size. */
  readonly batch: number;
  /** Side of the degraded images, in pixels. */
  readonly degradedSide: number;
  /** Side of the clean images, in pixels. */
  readonly cleanSide: number;
}

/** The scalar input that holds λ. */
export const LAMBDA = "lambda";

/** The output that holds mean((P(x) - y)²), independent of the image loss. */
export const SQUARED_ERROR = "squared-error";

/**
 * Builds the forward graph of training: P, R, T and the losses. Inputs: `degraded` and `clean` [batch, 3, side, side] in
 * [0, 1], `labels` [batch], `labelMaps` [batch, side, side], the targets of grid detectors (`targetNames`) and `lambda` if the
 * objective reads them, those of the random handling (`handlingFeeds`), and the weights. Outputs: `loss`, `loss.NAME` for each
 * part, and `squared-error`.
 * @throws UserError when the processor has no trainable weights, or not exactly one image input and one image output.
 */
export function processorForward(options: ProcessorForwardOptions): Forward {
  const { processor, format = plainFormat, freeze = [], trainNorms, objective, recognizers = [], batch } = options;
  const chosen = chooseWeights(processor, freeze);
  const { graph: network, names } = renameWeights(processor, isReserved(options.transformer));
  const [parameters, kept] = [chosen.parameters, chosen.frozen].map((list) =>
    list.map((name) => names.get(name) ?? name),
  ) as [string[], string[]];
  const p = {
    parameters,
    ...(trainNorms ? withTrainingNorms(network, kept) : { graph: network, statistics: [] }),
  };
  const t = options.transformer
    ? { parameters: parametersOf(options.transformer), ...withTrainingNorms(options.transformer) }
    : null;
  const b = new GraphBuilder(`the training step of ${processor.name}`);
  for (const trained of [p, t]) if (trained) b.avoid(stateOf(trained));
  const degraded = b.input("degraded", [batch, 3, options.degradedSide, options.degradedSide]);
  const clean = b.input("clean", [batch, 3, options.cleanSide, options.cleanSide]);
  const [input, output] = imageEnds(processor);
  const apply = (image: string) => inlineTrainable(b, p, { [input.name]: image }, "P/")[output.name] as string;
  const restored = throughFormat(b, degraded, format, apply);
  const squaredError = meanSquaredError(b, restored, clean);
  const { imageLoss: kind = "mse", latticeWeight = 0, after = [] } = options;
  const pixels = kind === "mse" ? squaredError : imageLoss(kind, b, restored, clean);
  const latticeOf = (images: string) =>
    latticeWeight > 0 ? latticeLoss(b, b.Sub(images, clean), batch, options.cleanSide) : undefined;
  const lattice = latticeOf(restored);
  const handle = after.length > 0 ? randomHandling(b, after, batch, options.cleanSide) : undefined;
  const frozen = recognizers.map((recognizer, i) => frozenIn(b, recognizer, i));
  const losses = objective.losses({
    b,
    restored,
    clean,
    image: lattice ? b.Add(pixels, b.Mul(lattice, b.scalar(latticeWeight))) : pixels,
    labels: once(() => b.input(LABELS, [batch], "int64")),
    labelMaps: once(() => {
      const shape = [batch, options.cleanSide, options.cleanSide];
      return { value: b.input(LABEL_MAPS, shape, "int64"), shape };
    }),
    lambda: () => b.input(LAMBDA, []),
    transform(images) {
      if (!t) throw new Error(`the objective ${objective.name} needs a transformer`);
      return inlineTrainable(b, t, { [IMAGE]: images }, "T/")[RESTORED] as string;
    },
    recognizers: handle ? frozen.map((recognizer) => behind(handle, recognizer)) : frozen,
    distance: distanceOf(options.distance ?? DEFAULT_DISTANCE),
    featureWeight: options.featureWeight ?? 0,
    transformerWeight: options.transformerWeight ?? 0,
    lattice: latticeOf,
    latticeWeight,
  });
  const goals: Goal[] = [{ loss: b.output("goal.processor", losses.processor), parameters }];
  if (t && losses.transformer !== undefined)
    goals.push({ loss: b.output("goal.transformer", losses.transformer), parameters: t.parameters });
  b.output("loss", losses.transformer === undefined ? losses.processor : b.Add(losses.processor, losses.transformer));
  for (const [name, value] of Object.entries(losses.parts)) b.output(`loss.${name}`, value);
  if (lattice) b.output("loss.lattice", lattice);
  b.output(SQUARED_ERROR, squaredError);
  return {
    graph: b.build(),
    goals,
    statistics: [...p.statistics, ...(t?.statistics ?? [])],
    initial: new Map([...p.graph.initializers, ...(t?.graph.initializers ?? [])]),
    names,
  };
}

/** A recognizer that gets handled images. */
const behind = (handle: (images: string) => string, recognizer: FrozenRecognizer): FrozenRecognizer => ({
  ...recognizer,
  outputs: (images) => recognizer.outputs(handle(images)),
  features: (images) => recognizer.features(handle(images)),
});

/** Whether the graph of a training step uses a name for a value of its own, or for a weight of T. */
const isReserved = (transformer?: Graph | null) => (name: string) =>
  /^(degraded|clean|labels|labelMaps|lambda|loss|squared-error)$|^(adam|goal|handling|loss|target\d+)\./.test(name) ||
  (transformer?.initializers.has(name) ?? false);

/** A network in training form. */
export interface TrainableNetwork {
  readonly graph: Graph;
  readonly parameters: readonly string[];
  readonly statistics: readonly RunningStatistic[];
}

/** The weights and running statistics of a network. */
const stateOf = ({ parameters, statistics }: Omit<TrainableNetwork, "graph">): string[] => [
  ...parameters,
  ...statistics.map(({ input }) => input),
];

/**
 * Inlines a network into a graph with its weights and running statistics as graph inputs and the updated statistics as
 * graph outputs.
 * @param bindings values of the graph for the network's inputs
 * @param prefix prefix of the names of its other values
 * @returns the names of the network's outputs in the graph
 */
export function inlineTrainable(
  b: GraphBuilder,
  { graph: network, parameters, statistics }: TrainableNetwork,
  bindings: Readonly<Record<string, string>>,
  prefix: string,
): Record<string, string> {
  const state = stateOf({ parameters, statistics });
  for (const name of state) b.input(name, network.initializers.get(name)?.shape ?? []);
  const kept = [...state, ...statistics.map(({ output }) => output)];
  const initializers = new Map([...network.initializers].filter(([name]) => !state.includes(name)));
  const names = Object.fromEntries(kept.map((name) => [name, name]));
  const outputs = b.inline({ ...network, initializers }, { ...names, ...bindings }, prefix);
  for (const { output } of statistics) b.output(output, output);
  return outputs;
}
