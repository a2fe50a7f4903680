import { type Graph, specialize } from "../onnx/graph.js";
import { inGroups } from "../onnx/groups.js";
import { findPasses } from "../passes/index.js";
import { ALONE } from "../recognition/classifier.js";
import type { Device } from "../runtime/session.js";
import type { TrainingRecognizer } from "./frozen-recognizers.js";
import { processorForward } from "./processor-forward.js";
import { isFile, type TrainingModels } from "./resolve.js";
import { type Samples, type TrainingStep, trainingStep } from "./step.js";

/**
 * Builds the graph of a training step from the models.
 * @param samples see `trainingStep`.
 * @throws UserError when an operator between a weight and the loss has no gradient.
 */
export function prepareStep(models: TrainingModels, device: Device = "cpu", samples?: Samples): Promise<TrainingStep> {
  const { settings, task, objective, processor, transformer, recognizers } = models;
  const { batch, crop } = settings;
  const forward = processorForward({
    processor: groupedProcessor(models, crop / task.scale),
    format: processor.format,
    freeze: settings.freeze ?? [],
    trainNorms: !isFile(settings.processor),
    objective,
    imageLoss: settings.imageLoss,
    latticeWeight: settings.latticeWeight,
    after: settings.after ?? [],
    distance: models.distance,
    featureWeight: settings.featureWeight,
    recognizers,
    transformer,
    transformerWeight: settings.transformerWeight,
    batch,
    degradedSide: crop / task.scale,
    cleanSide: crop,
  });
  return trainingStep(forward, findPasses(settings.passes, device), samples);
}

/**
 * The models of each step in turn: all of them, or with `rotate` one recognizer at a time, whose weight is multiplied by their
 * number, so that the mean loss over the steps is that of all recognizers together.
 */
export function rotation<Models extends TrainingModels>(models: Models): [Models, ...Models[]] {
  const { settings, recognizers } = models;
  const [first, ...others] = recognizers;
  if (!settings.rotate || !first) return [models];
  const alone = (each: TrainingRecognizer): Models => ({
    ...models,
    recognizers: [{ ...each, weight: each.weight * recognizers.length }],
  });
  return [alone(first), ...others.map(alone)];
}

/** P for the whole batch, which it gets in groups if it needs to. */
function groupedProcessor({ processor: { graph, format }, processorGroup, settings }: TrainingModels, side: number) {
  const [input] = graph.inputs;
  if (processorGroup === null || !input) return graph;
  const image = format.input.layout === "NCHW" ? [3, side, side] : [side, side, 3];
  return inGroups(specialize(graph, { [input.name]: [processorGroup, ...image] }), settings.batch);
}

/** Notes on initial weights and on how the models are computed, such as half precision or groups of a fixed batch. */
export function notesOf({ processor, processorGroup, initNotes, recognizers }: TrainingModels): string[] {
  const models = [
    { ...processor.graph, group: processorGroup, batch: undefined },
    ...recognizers.map(({ model, group }) => ({ ...model.graph, name: model.name, group, batch: model.declaredBatch })),
  ];
  const remarks = models.flatMap(({ name, notes = [], group, batch }) =>
    [
      ...notes,
      ...(group === null
        ? []
        : [batch === null ? ALONE : `it runs in groups of ${group}; a file with a dynamic batch trains faster`]),
    ].map((note) => `${name}: ${note}`),
  );
  return [...initNotes, ...remarks];
}

/** A step without the frozen weights, which its session holds. */
export const withoutFrozenWeights = (step: TrainingStep): TrainingStep => ({ ...step, graph: emptied(step.graph) });

/** A recognizer without its weights, which the sessions hold. */
export const withoutWeights = ({ graph, model, ...each }: TrainingRecognizer): TrainingRecognizer => ({
  ...each,
  graph: emptied(graph),
  model: { ...model, graph: emptied(model.graph) },
});

const emptied = (graph: Graph): Graph => ({ ...graph, initializers: new Map() });
