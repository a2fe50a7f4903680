import type { Task } from "../data/task.js";
import { UserError } from "../errors.js";
import { findNetwork } from "../networks/index.js";
import { findObjective } from "../objectives/index.js";
import { type Objective, readsOutput } from "../objectives/objective.js";
import type { Graph } from "../onnx/graph.js";
import { findPasses } from "../passes/index.js";
import { assertFits } from "../processors/fit.js";
import { openProcessor } from "../processors/open.js";
import { Processor } from "../processors/processor.js";
import type { RecognizerSettings } from "../recognition/recognizer.js";
import type { Device } from "../runtime/session.js";
import { frozenRecognizers, type TrainingRecognizer } from "./frozen-recognizers.js";
import { processorForward } from "./processor-forward.js";
import type { SettledConfig } from "./run-folder.js";
import { type TrainingStep, trainingStep } from "./step.js";
import { buildTransformer } from "./transformer.js";

export interface StepOptions {
  readonly config: SettledConfig;
  readonly task: Task;
  /** How the recognizers want their images and which output counts, where that differs from what their files say. */
  readonly preprocessing?: RecognizerSettings;
  readonly device?: Device;
}

/** All that a training computes with, before the first picture. */
export interface PreparedStep {
  readonly step: TrainingStep;
  readonly objective: Objective;
  readonly processor: Processor;
  /** T, the network between P and R; null without one. */
  readonly transformer: Graph | null;
  /** None where the objective reads nothing of R. */
  readonly recognizers: readonly TrainingRecognizer[];
  /** What is worth knowing of how the models are computed: half precision, quantization. */
  readonly notes: readonly string[];
}

/**
 * Reads the models that a configuration names and makes the graph of a step.
 * @throws UserError when something in the configuration or the models does not fit.
 */
export async function prepareStep({ config, task, preprocessing, device }: StepOptions): Promise<PreparedStep> {
  const objective = findObjective(config.objective);
  assertRead(objective, config);
  if (config.crop % task.scale)
    throw new UserError(`cannot train on crops of ${config.crop} pixels: not a multiple of the scale ${task.scale}`);
  const processor = await startingProcessor(config, task.scale);
  if (isFile(config.processor)) await assertFits(processor, task, config);
  const recognizers = await frozenRecognizers(objective, config, preprocessing);
  const transformer = objective.transforms ? buildTransformer(config.transformer, config.seed) : null;
  const forward = processorForward({
    processor: processor.graph,
    format: processor.format,
    freeze: config.freeze,
    trainNorms: !isFile(config.processor),
    objective,
    imageLoss: config.imageLoss,
    distance: config.distance,
    featureWeight: config.featureWeight,
    recognizers,
    transformer,
    batch: config.batch,
    degradedSide: config.crop / task.scale,
    cleanSide: config.crop,
  });
  const step = await trainingStep(forward, findPasses(config.passes, device ?? "cpu"));
  const models = [processor.graph, ...recognizers.map(({ model }) => ({ ...model.graph, name: model.name }))];
  const notes = models.flatMap(({ name, notes: own = [] }) => own.map((note) => `${name}: ${note}`));
  return { step, objective, processor, transformer, recognizers, notes };
}

/** What is left to know once a session holds the weights: without those of the step's graph and of the recognizers. */
export const withoutFrozenWeights = ({ step, recognizers, ...others }: PreparedStep): PreparedStep => ({
  ...others,
  step: { ...step, graph: withoutWeights(step.graph) },
  recognizers: recognizers.map(({ graph, model, ...each }) => ({
    ...each,
    graph: withoutWeights(graph),
    model: { ...model, graph: withoutWeights(model.graph) },
  })),
});

const withoutWeights = (graph: Graph): Graph => ({ ...graph, initializers: new Map() });

/** @throws UserError for a setting that the objective does not read. */
function assertRead(objective: Objective, { distance, features, featureWeight }: SettledConfig): void {
  const { name, reads } = objective;
  if (distance !== null && reads !== "output")
    throw new UserError(`--distance belongs to the objective unsupervised, not to ${name}`);
  if (featureWeight > 0 && !readsOutput(objective))
    throw new UserError(`--feature-weight belongs to objectives that read what R puts out, not to ${name}`);
  if (features.length > 0 && reads !== "features" && featureWeight === 0)
    throw new UserError(`--feature belongs to the objective feature, or to ${name} with --feature-weight above 0`);
}

const isFile = (processor: string) => /\.onnx$/i.test(processor);

async function startingProcessor({ processor, init, seed }: SettledConfig, scale: number): Promise<Processor> {
  const opened = isFile(processor)
    ? await openProcessor(processor)
    : new Processor(findNetwork(processor, scale).build(scale, seed));
  return init ? opened.withGraph(withInit(opened.graph, (await openProcessor(init)).graph, init)) : opened;
}

/** The graph with the weights of another of the same make. */
function withInit(graph: Graph, source: Graph, title: string): Graph {
  const taken = [...graph.initializers].map(([name, own]) => {
    const weight = source.initializers.get(name);
    if (weight?.shape.join() === own.shape.join()) return [name, weight] as const;
    throw new UserError(
      `cannot begin with ${title}: it is not a ${graph.name} for this scale (weight "${name}" does not fit)`,
    );
  });
  return { ...graph, initializers: new Map(taken) };
}
