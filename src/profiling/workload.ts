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
import { prepareStep, rotation } from "../training/prepare.js";
import { LAMBDA } from "../training/processor-forward.js";
import { resolveModels } from "../training/resolve.js";
import { RunFolder } from "../training/run-folder.js";
import { scalars } from "../training/step.js";

/** A graph to profile: with fixed sizes and the values of its inputs. */
export interface Workload {
  /** A description, such as "training step of compact-s, …". */
  readonly title: string;
  readonly graph: Graph;
  readonly feeds: Tensors;
  /** Images per run. */
  readonly images: number;
}

export interface WorkloadOptions {
  /** Images per run of a model with an open batch size. Default: 1. */
  readonly batch?: number;
  /** Side of the images of a model with an open size. Default: 224. */
  readonly size?: number;
  /** Passes to apply: "all", "none" or comma-separated names. Default: those of the run, or "none" for a model. */
  readonly passes?: string;
}

/**
 * The workload of a path: the training step of a run folder, or the inference of an ONNX file, on random images.
 * @throws UserError if the path is neither, or if the sizes do not fit.
 */
export async function workloadOf(path: string, options: WorkloadOptions = {}): Promise<Workload> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  return isFolder ? trainingWorkload(path, options) : inferenceWorkload(await readModel(path), options);
}

async function trainingWorkload(path: string, { passes, ...sizes }: WorkloadOptions): Promise<Workload> {
  for (const key of ["batch", "size"] as const)
    if (sizes[key] !== undefined)
      throw new UserError(`\`${key}\` has no effect on ${path}: a training run has its own batch and crops`);
  const record = await RunFolder.recordIn(path);
  if (record?.kind !== "processor")
    throw new UserError(
      `cannot profile ${path}: it is not the folder of a processor's training run, which has a config.json`,
    );
  const models = await resolveModels({ ...record.settings, ...(passes !== undefined && { passes }) });
  const { settings, objective, lambda } = models;
  const step = await prepareStep(rotation(models)[0]);
  const numbers = scalars({ ...adamScalars(settings.lr, 1), [LAMBDA]: lambda });
  const feeds = { ...randomFeeds(step.graph), ...step.state, ...numbers };
  const title = `training step of ${settings.processor}, objective ${objective.name}, crop ${settings.crop}`;
  return { title, graph: step.graph, feeds, images: settings.batch };
}

/** The workload of a model that restores or recognizes images. */
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

/** The model with this batch size if its batch size is open. */
const withBatch = (model: Graph, batch: number): Graph => ({
  ...model,
  inputs: model.inputs.map((input) => {
    const [first, ...rest] = input.shape ?? [];
    const open = rest.length > 0 && typeof first !== "number";
    return open ? { ...input, shape: [batch, ...rest] as readonly Dim[] } : input;
  }),
});

/** Random numbers in [0, 1) for every float32 input, zeros (the first class) for the others. */
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
