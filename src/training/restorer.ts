import type { Task } from "../data/task.js";
import { UserError } from "../errors.js";
import { GraphBuilder } from "../graph/builder.js";
import type { Dim, Graph, ValueInfo } from "../graph/graph.js";
import { readModel } from "../graph/read.js";
import { type ProcessorFormat, plainFormat, readFormat, throughFormat } from "./image-format.js";

/** A processor as its makers wrote it. */
export interface Restorer {
  /** One image in, one image out, in the processor's own format. */
  readonly graph: Graph;
  readonly format: ProcessorFormat;
  /** The text of the JSON beside the file; null where there is none. */
  readonly sidecar: string | null;
}

/** The sizes that a file declares for its image: a number is fixed, a name is free. */
export interface DeclaredSizes {
  readonly batch: Dim;
  readonly height: Dim;
  readonly width: Dim;
}

/** A processor that Legible has built. */
export const ownRestorer = (graph: Graph): Restorer => ({ graph, format: plainFormat, sidecar: null });

/**
 * Reads any ONNX file that maps a picture to a picture, with the JSON beside it.
 * @throws UserError when a file cannot be used, or the model has several inputs or outputs or not three colors.
 */
export async function readRestorer(path: string): Promise<Restorer> {
  const graph = await readModel(path);
  const { format, sidecar } = await readFormat(path);
  const [input, output] = imageEnds(graph);
  assertImage(graph.name, "input", input, format.input.layout);
  assertImage(graph.name, "output", output, format.output.layout);
  return { graph, format, sidecar };
}

/** A processor's image input and output. @throws UserError when it has more than one of either. */
export function imageEnds({ name, inputs, outputs }: Graph): [input: ValueInfo, output: ValueInfo] {
  const [input, output] = [inputs[0], outputs[0]];
  if (input && output && inputs.length === 1 && outputs.length === 1) return [input, output];
  const list = (values: readonly ValueInfo[]) => values.map((value) => value.name).join(", ") || "none";
  throw new UserError(
    `${name} is no processor, which has one image in and one image out: ` +
      `its inputs are ${list(inputs)}, its outputs ${list(outputs)}`,
  );
}

function assertImage(title: string, end: "input" | "output", { name, type, shape }: ValueInfo, layout: string): void {
  if (type && type !== "float32")
    throw new UserError(`the ${end} "${name}" of ${title} holds ${type}; a processor's is float32`);
  if (!shape) return;
  const [channels, elsewhere] = layout === "NCHW" ? [shape[1], shape[3]] : [shape[3], shape[1]];
  if (shape.length === 4 && (channels === 3 || (typeof channels === "string" && elsewhere !== 3))) return;
  const other = layout === "NCHW" ? "NHWC" : "NCHW";
  const hint =
    shape.length === 4 && elsewhere === 3
      ? `; for ${other} the JSON beside it has to say {"${end}": {"layout": "${other}"}}`
      : "";
  throw new UserError(
    `the ${end} "${name}" of ${title} has the shape [${shape.join(", ")}], not that of pictures in three colors ` +
      `(${layout})${hint}`,
  );
}

/** What the file declares of its input's sizes. */
export function declaredSizes({ graph, format }: Restorer): DeclaredSizes {
  const shape = graph.inputs[0]?.shape ?? ["N", "C", "H", "W"];
  const [height, width] = format.input.layout === "NCHW" ? shape.slice(2) : shape.slice(1);
  return { batch: shape[0] ?? "N", height: height ?? "H", width: width ?? "W" };
}

/** Names of a standardized processor's input and output. */
export const IMAGE = "image";
export const RESTORED = "restored";

/**
 * A processor as Legible sees it: `image` [N, 3, H, W] in, `restored` out, RGB in [0, 1]. The sizes are free, whatever the
 * file declares: where it is really tied to them, it fails to run at others.
 */
export function standardized(restorer: Restorer): Graph {
  const b = new GraphBuilder(restorer.graph.name);
  const image = b.input(IMAGE, ["N", 3, "H", "W"]);
  b.output(RESTORED, inlineRestorer(b, restorer, image));
  return b.build();
}

/** Puts a processor into a graph as Legible sees it. @returns the restored picture. */
export function inlineRestorer(b: GraphBuilder, { graph, format }: Restorer, image: string): string {
  const [input, output] = imageEnds(graph);
  const inlined = (value: string) => b.inline(graph, { [input.name]: value }, "P/")[output.name] as string;
  return throughFormat(b, image, format, inlined);
}

/**
 * Says why a processor does not fit a task.
 * @param from the shape [N, 3, H, W] of what it got
 * @param to the shape of what it made of it
 */
export function misfit(title: string, task: Task, from: readonly number[], to: readonly number[]): string {
  const [count = 0, channels = 0, height = 1, width = 1] = from;
  const enlarged = (to[2] ?? 0) / height;
  const uniform = to[0] === count && to[1] === channels && (to[3] ?? 0) / width === enlarged;
  const does = uniform ? `it enlarges x${enlarged}` : `it makes [${to}] of [${from}]`;
  return `the task ${task.name} at scale ${task.scale} does not fit ${title}: ${does}`;
}
