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
    distance: models.distance,
    featureWeight: settings.featureWeight,
    recognizers,
    transformer,
    batch,
    degradedSide: crop / task.scale,
    cleanSide: crop,
  });
  return trainingStep(forward, findPasses(settings.passes, device), samples);
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

/** The step and the recognizers without their weights, which the session holds. */
export const withoutFrozenWeights = (step: TrainingStep, recognizers: readonly TrainingRecognizer[]) => ({
  step: { ...step, graph: withoutWeights(step.graph) },
  recognizers: recognizers.map(({ graph, model, ...each }) => ({
    ...each,
    graph: withoutWeights(graph),
    model: { ...model, graph: withoutWeights(model.graph) },
  })),
});

const withoutWeights = (graph: Graph): Graph => ({ ...graph, initializers: new Map() });
