import { stat } from "node:fs/promises";
import { UserError } from "../errors.js";
import { chooseSizes } from "../inspection/sizes.js";
import { type Dim, type Graph, specialize } from "../onnx/graph.js";
import { type arrayOf, type Tensor, zeros } from "../onnx/tensor.js";
import { applyPasses, findPasses } from "../passes/index.js";
import { readModel } from "../platform/node/models.js";
import { randomAt } from "../random.js";
import { probe } from "../runtime/probe.js";
import type { Tensors } from "../runtime/session.js";
import { adamScalars } from "../training/adam.js";
import { prepareStep } from "../training/prepare.js";
import { LAMBDA } from "../training/processor-forward.js";
import { resolveModels } from "../training/resolve.js";
import { RunFolder } from "../training/run-folder.js";
import { scalars } from "../training/step.js";

/** Something to time: a graph whose sizes are fixed, with what it is fed. */
export interface Workload {
  /** "training step of …" */
  readonly title: string;
  readonly graph: Graph;
  readonly feeds: Tensors;
  /** Pictures in one run. */
  readonly images: number;
}

export interface WorkloadOptions {
  /** Pictures in one run of a model where its file leaves that open. Default: 1. */
  readonly batch?: number;
  /** Side of the pictures where the model leaves it open. Default: 224. */
  readonly size?: number;
  /** Rewrites of the graph: "all", "none" or names. Default: for a run its own; for a model none, as it is run otherwise. */
  readonly passes?: string;
}

/**
 * The training step of a run's folder, or the inference of an ONNX file, on random pictures.
 * @throws UserError when neither can be read or the sizes do not fit.
 */
export async function workloadOf(path: string, options: WorkloadOptions = {}): Promise<Workload> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  return isFolder ? trainingWorkload(path, options) : inferenceWorkload(await readModel(path), options);
}

async function trainingWorkload(path: string, { passes }: WorkloadOptions): Promise<Workload> {
  const record = await RunFolder.recordIn(path);
  if (record?.kind !== "processor")
    throw new UserError(`${path} holds no training run of a processor: there is no config.json in it`);
  const models = await resolveModels({ ...record.settings, ...(passes !== undefined && { passes }) });
  const { settings, objective, lambda } = models;
  const step = await prepareStep(models);
  const numbers = scalars({ ...adamScalars(settings.lr, 1), [LAMBDA]: lambda });
  const feeds = { ...randomFeeds(step.graph), ...step.state, ...numbers };
  const title = `training step of ${settings.processor}, objective ${objective.name}, crop ${settings.crop}`;
  return { title, graph: step.graph, feeds, images: settings.batch };
}

/** A graph as it is run to restore or recognize pictures. */
export async function inferenceWorkload(model: Graph, options: WorkloadOptions = {}): Promise<Workload> {
  const { batch = 1, size, passes = "none" } = options;
  const { shapes } = chooseSizes(withBatch(model, batch), size === undefined ? {} : { inputSize: size });
  const chosen = findPasses(passes, "cpu");
  const { graph: folded } = await probe(specialize(model, shapes));
  const graph = await applyPasses(await applyPasses(folded, chosen, "forward"), chosen, "step");
  const images = shapes[model.inputs[0]?.name ?? ""]?.[0] ?? 1;
  const title = `inference of ${model.name} on ${Object.values(shapes)
    .map((shape) => `[${shape.join(", ")}]`)
    .join(", ")}`;
  return { title, graph, feeds: randomFeeds(graph), images };
}

/** With the batch in place of an open first size. */
const withBatch = (model: Graph, batch: number): Graph => ({
  ...model,
  inputs: model.inputs.map((input) => {
    const [first, ...rest] = input.shape ?? [];
    const open = rest.length > 0 && typeof first !== "number";
    return open ? { ...input, shape: [batch, ...rest] as readonly Dim[] } : input;
  }),
});

/** Drawn numbers in [0, 1) for every float input, zeros (the first class) for the others. */
function randomFeeds({ inputs }: Graph): Record<string, Tensor> {
  const random = randomAt(0);
  const entries = inputs.map(({ name, type = "float32", shape = [] }) => {
    const tensor = zeros(type as keyof typeof arrayOf, shape as readonly number[]);
    if (tensor.data instanceof Float32Array)
      for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = random.uniform();
    return [name, tensor] as const;
  });
  return Object.fromEntries(entries);
}
