import type { Task } from "../data/task.js";
import { UserError } from "../errors.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Dim, Graph, ValueInfo } from "../onnx/graph.js";
import { type ProcessorFormat, throughFormat } from "./format.js";

/** An image-to-image network in any supported image format. */
export interface ImageNetwork {
  /** One image input, one image output, in `format`. */
  readonly graph: Graph;
  readonly format: ProcessorFormat;
}

/** The sizes that a network declares for its input. A number is fixed; a name is dynamic. */
export interface DeclaredSizes {
  readonly batch: Dim;
  readonly height: Dim;
  readonly width: Dim;
}

/** @throws UserError when the network does not have one image input and one image output with three channels. */
export function requireImageNetwork({ graph, format }: ImageNetwork): void {
  const [input, output] = imageEnds(graph);
  assertImage(graph.name, "input", input, format.input.layout);
  assertImage(graph.name, "output", output, format.output.layout);
}

/** The network's input and output. @throws UserError when it does not have exactly one of each. */
export function imageEnds({ name, inputs, outputs }: Graph): [input: ValueInfo, output: ValueInfo] {
  const [input, output] = [inputs[0], outputs[0]];
  if (input && output && inputs.length === 1 && outputs.length === 1) return [input, output];
  const list = (values: readonly ValueInfo[]) => values.map((value) => value.name).join(", ") || "none";
  throw new UserError(
    `cannot use ${name} as a processor: it needs one image input and one image output; ` +
      `its inputs are ${list(inputs)}, its outputs ${list(outputs)}`,
  );
}

/** @throws UserError when the input or output is not a float32 image with three channels. */
function assertImage(title: string, end: "input" | "output", { name, type, shape }: ValueInfo, layout: string): void {
  if (type && type !== "float32")
    throw new UserError(`cannot use ${title} as a processor: its ${end} "${name}" is ${type}, not float32`);
  if (!shape) return;
  const [channels, elsewhere] = layout === "NCHW" ? [shape[1], shape[3]] : [shape[3], shape[1]];
  if (shape.length === 4 && (channels === 3 || (typeof channels === "string" && elsewhere !== 3))) return;
  const other = layout === "NCHW" ? "NHWC" : "NCHW";
  const hint =
    shape.length === 4 && elsewhere === 3
      ? `; for ${other}, add {"${end}": {"layout": "${other}"}} to its sidecar JSON`
      : "";
  throw new UserError(
    `cannot use ${title} as a processor: its ${end} "${name}" has the shape [${shape.join(", ")}], ` +
      `not that of RGB images (${layout})${hint}`,
  );
}

/** The sizes that the network declares for its input. */
export function declaredSizes({ graph, format }: ImageNetwork): DeclaredSizes {
  const shape = graph.inputs[0]?.shape ?? ["N", "C", "H", "W"];
  const [height, width] = format.input.layout === "NCHW" ? shape.slice(2) : shape.slice(1);
  return { batch: shape[0] ?? "N", height: height ?? "H", width: width ?? "W" };
}

/** Width and height of the only images that a network declares to accept; undefined if one of them is dynamic. */
export const fixedSizeOf = ({ width, height }: DeclaredSizes): { width: number; height: number } | undefined =>
  typeof width === "number" && typeof height === "number" && width > 0 && height > 0 ? { width, height } : undefined;

/** Names of the input and output of a standardized network. */
export const IMAGE = "image";
export const RESTORED = "restored";

/**
 * The network in Legible's format: input `image` [N, 3, H, W], output `restored`, both RGB in [0, 1]. All sizes are dynamic
 * even if the file declares fixed ones; a network that depends on fixed sizes fails at run time with other sizes.
 */
export function standardized(network: ImageNetwork): Graph {
  const b = new GraphBuilder(network.graph.name);
  const image = b.input(IMAGE, ["N", 3, "H", "W"]);
  b.output(RESTORED, inlineImageNetwork(b, network, image));
  return b.build();
}

/** Adds a network in Legible's format to a graph. @returns the restored image [N, 3, H, W], RGB in [0, 1]. */
export function inlineImageNetwork(b: GraphBuilder, { graph, format }: ImageNetwork, image: string): string {
  const [input, output] = imageEnds(graph);
  const inlined = (value: string) => b.inline(graph, { [input.name]: value }, "P/")[output.name] as string;
  return throughFormat(b, image, format, inlined);
}

/**
 * The message for a processor whose output does not have the size that a task needs.
 * @param from shape [N, 3, H, W] of the processor's input
 * @param to shape of its output
 */
export function mismatchMessage(
  title: string,
  task: Pick<Task, "name" | "scale">,
  from: readonly number[],
  to: readonly number[],
): string {
  const [count = 0, channels = 0, height = 1, width = 1] = from;
  const scale = (to[2] ?? 0) / height;
  const uniform = to[0] === count && to[1] === channels && (to[3] ?? 0) / width === scale;
  const reason = uniform ? `its scale is ${scale}` : `it maps [${from}] to [${to}]`;
  return `cannot use ${title} for the task ${task.name} at scale ${task.scale}: ${reason}`;
}
