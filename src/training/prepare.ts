import type { Task } from "../data/task.js";
import { UserError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import { readModel } from "../graph/read.js";
import { findLowerings } from "../lowering/index.js";
import { findNetwork } from "../networks/index.js";
import { findObjective } from "../objectives/index.js";
import { fitRecognizer } from "../recognition/fit.js";
import type { PreprocessingOverrides } from "../recognition/preprocessing.js";
import { readRecognizer } from "../recognition/recognizer.js";
import type { Device } from "../runtime/session.js";
import { assertFits } from "./fit-restorer.js";
import { processorForward } from "./processor-forward.js";
import { ownRestorer, type Restorer, readRestorer } from "./restorer.js";
import type { TrainingConfig } from "./run-folder.js";
import { type TrainingStep, trainingStep } from "./step.js";

export interface StepOptions {
  readonly config: TrainingConfig;
  readonly task: Task;
  readonly preprocessing?: PreprocessingOverrides;
  readonly device?: Device;
}

/** All that a training computes with, before the first picture. */
export interface PreparedStep {
  readonly step: TrainingStep;
  readonly restorer: Restorer;
  /** The frozen recognizer and how it sees the crops; null without one. */
  readonly recognizer: { readonly name: string; readonly sha256: string; readonly view: string } | null;
  /** What is worth knowing of how the models are computed: half precision, quantization. */
  readonly notes: readonly string[];
}

/**
 * Reads the models that a configuration names and makes the graph of a step.
 * @throws UserError when something in the configuration or the models does not fit.
 */
export async function prepareStep({ config, task, preprocessing, device }: StepOptions): Promise<PreparedStep> {
  const objective = findObjective(config.objective);
  if (config.crop % task.scale)
    throw new UserError(`cannot train on crops of ${config.crop} pixels: not a multiple of the scale ${task.scale}`);
  const restorer = await startingRestorer(config, task.scale);
  if (isFile(config.processor)) await assertFits(restorer, task, config);
  if (objective.needsRecognizer && !config.recognizer)
    throw new UserError(`the objective ${objective.name} needs a recognizer: --recognizer FILE.onnx`);
  const model =
    config.recognizer && objective.needsRecognizer ? await readRecognizer(config.recognizer, preprocessing) : null;
  const recognizer = model && (await fitRecognizer(model, config.batch, config.crop));
  const forward = processorForward({
    processor: restorer.graph,
    format: restorer.format,
    freeze: config.freeze ?? [],
    trainNorms: !isFile(config.processor),
    objective,
    lambda: config.lambda,
    recognizer: recognizer?.graph ?? null,
    batch: config.batch,
    degradedSide: config.crop / task.scale,
    cleanSide: config.crop,
  });
  const step = await trainingStep(forward, findLowerings(config.lowering ?? "all", device ?? "cpu"));
  const notesOf = (title: string, graph: Graph | undefined) => (graph?.notes ?? []).map((note) => `${title}: ${note}`);
  const notes = [...notesOf(restorer.graph.name, restorer.graph), ...notesOf(model?.name ?? "", model?.graph)];
  return {
    step,
    restorer,
    recognizer: model && recognizer && { name: model.name, sha256: model.sha256, view: recognizer.view },
    notes,
  };
}

const isFile = (processor: string) => /\.onnx$/i.test(processor);

async function startingRestorer({ processor, init, seed }: TrainingConfig, scale: number): Promise<Restorer> {
  const restorer = isFile(processor)
    ? await readRestorer(processor)
    : ownRestorer(findNetwork(processor, scale).build(scale, seed));
  return init ? { ...restorer, graph: withInit(restorer.graph, await readModel(init), init) } : restorer;
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
