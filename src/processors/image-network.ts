import type { Task } from "../data/task.js";
import { UserError } from "../errors.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Dim, Graph, ValueInfo } from "../onnx/graph.js";
import { type ProcessorFormat, throughFormat } from "./format.js";

/** A network from image to image, in whatever format its authors chose. */
export interface ImageNetwork {
  /** One image input, one image output, in `format`. */
  readonly graph: Graph;
  readonly format: ProcessorFormat;
}

/** The sizes that a network declares for its input: a number is fixed, a name is free. */
export interface DeclaredSizes {
  readonly batch: Dim;
  readonly height: Dim;
  readonly width: Dim;
}

/** @throws UserError when the network does not have one image input and one image output of three channels. */
export function requireImageNetwork({ graph, format }: ImageNetwork): void {
  const [input, output] = imageEnds(graph);
  assertImage(graph.name, "input", input, format.input.layout);
  assertImage(graph.name, "output", output, format.output.layout);
}

/** The network's image input and output. @throws UserError when it has more than one of either. */
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

/** The sizes that the network declares for its input. */
export function declaredSizes({ graph, format }: ImageNetwork): DeclaredSizes {
  const shape = graph.inputs[0]?.shape ?? ["N", "C", "H", "W"];
  const [height, width] = format.input.layout === "NCHW" ? shape.slice(2) : shape.slice(1);
  return { batch: shape[0] ?? "N", height: height ?? "H", width: width ?? "W" };
}

/** Names of a standardized network's input and output. */
export const IMAGE = "image";
export const RESTORED = "restored";

/**
 * The network in Legible's format: input `image` [N, 3, H, W], output `restored`, both RGB in [0, 1]. Sizes are free,
 * whatever the file declares: a network that truly depends on them fails to run at others.
 */
export function standardized(network: ImageNetwork): Graph {
  const b = new GraphBuilder(network.graph.name);
  const image = b.input(IMAGE, ["N", 3, "H", "W"]);
  b.output(RESTORED, inlineImageNetwork(b, network, image));
  return b.build();
}

/** Adds a network to a graph in Legible's format. @returns the restored image. */
export function inlineImageNetwork(b: GraphBuilder, { graph, format }: ImageNetwork, image: string): string {
  const [input, output] = imageEnds(graph);
  const inlined = (value: string) => b.inline(graph, { [input.name]: value }, "P/")[output.name] as string;
  return throughFormat(b, image, format, inlined);
}

/**
 * Explains why a processor does not fit a task.
 * @param from the shape [N, 3, H, W] of the processor's input.
 * @param to the shape of its output.
 */
export function misfit(
  title: string,
  task: Pick<Task, "name" | "scale">,
  from: readonly number[],
  to: readonly number[],
): string {
  const [count = 0, channels = 0, height = 1, width = 1] = from;
  const enlarged = (to[2] ?? 0) / height;
  const uniform = to[0] === count && to[1] === channels && (to[3] ?? 0) / width === enlarged;
  const does = uniform ? `it enlarges x${enlarged}` : `it maps [${from}] to [${to}]`;
  return `the task ${task.name} at scale ${task.scale} does not fit ${title}: ${does}`;
}
