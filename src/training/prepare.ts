import type { Graph } from "../onnx/graph.js";
import { findPasses } from "../passes/index.js";
import type { Device } from "../runtime/session.js";
import type { TrainingRecognizer } from "./frozen-recognizers.js";
import { processorForward } from "./processor-forward.js";
import { isFile, type TrainingModels } from "./resolve.js";
import { type TrainingStep, trainingStep } from "./step.js";

/** Builds the graph of a training step from the models. @throws UserError when an operator between a weight and the loss has no gradient. */
export function prepareStep(models: TrainingModels, device: Device = "cpu"): Promise<TrainingStep> {
  const { settings, task, objective, processor, transformer, recognizers } = models;
  const { batch, crop } = settings;
  const forward = processorForward({
    processor: processor.graph,
    format: processor.format,
    freeze: settings.freeze ?? [],
    trainNorms: !isFile(settings.processor),
    objective,
    imageLoss: settings.imageLoss,
    distance: settings.distance ?? null,
    featureWeight: settings.featureWeight,
    recognizers,
    transformer,
    batch,
    degradedSide: crop / task.scale,
    cleanSide: crop,
  });
  return trainingStep(forward, findPasses(settings.passes, device));
}

/** Notes on how the models are computed, such as half precision or quantization. */
export function notesOf({ processor, recognizers }: TrainingModels): string[] {
  const models = [processor.graph, ...recognizers.map(({ model }) => ({ ...model.graph, name: model.name }))];
  return models.flatMap(({ name, notes = [] }) => notes.map((note) => `${name}: ${note}`));
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
