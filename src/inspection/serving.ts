import type { Dim, Graph, ValueInfo } from "../onnx/graph.js";
import { isFloat, isInteger } from "../onnx/types.js";
import { suggestion } from "../recognition/file-outputs.js";
import type { Preprocessing } from "../recognition/preprocessing.js";
import type { Batching } from "../runtime/batching.js";
import { imageAxes } from "./sizes.js";
import { bracketed } from "./text.js";

/** What a model can serve as in Legible, or why it cannot. */
export interface Serving {
  readonly recognizer: Answer<RecognizerUse>;
  readonly processor: Answer<ProcessorUse>;
  /** Outputs that an unsupervised loss can compare: float32 and differentiable with respect to an input. */
  readonly withoutLabels: readonly string[];
}

export type Answer<T> = ({ readonly serves: true } & T) | { readonly serves: false; readonly reason: string };

export interface RecognizerUse {
  readonly classes: number;
  /** Side of its square input in pixels; null if any size is accepted. */
  readonly size: number | null;
  /** Its preprocessing; null if neither the file nor its sidecar states it. */
  readonly preprocessing: Preprocessing | null;
  /** Whether processors can be trained with its loss; otherwise it can only evaluate them. */
  readonly trains: boolean;
  readonly batch: Batching;
}

export interface ProcessorUse {
  /** Output pixels per input pixel along each axis. */
  readonly scale: number;
  /** Height and width of its input; a name if any size is accepted. */
  readonly inputSize: readonly [Dim, Dim];
  readonly batch: Batching;
}

/** A model after its trial run. */
export interface TrialRun {
  readonly graph: Graph;
  /** The shape of every value in the trial run. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Names of float32 outputs that are differentiable with respect to an input. */
  readonly differentiable: readonly string[];
  readonly preprocessing: Preprocessing | undefined;
  /** How it runs on several images, or why it does not; undefined without an image input. */
  readonly batching: Batching | string | undefined;
}

export function servingOf(tried: TrialRun): Serving {
  return { recognizer: asRecognizer(tried), processor: asProcessor(tried), withoutLabels: tried.differentiable };
}

const no = (reason: string) => ({ serves: false, reason }) as const;

/** The model's only input if that is an image of one of these numbers of channels, otherwise the reason. */
export function imageInput(
  { graph, shapes, preprocessing }: Pick<TrialRun, "graph" | "shapes" | "preprocessing">,
  possible: readonly number[],
): ValueInfo | string {
  const [input, ...others] = graph.inputs;
  if (!input) return "it has no input";
  if (others.length > 0) return `it has ${graph.inputs.length} inputs, not one image`;
  const shape = shapes.get(input.name) ?? [];
  if (!isFloat(input.type) && !isInteger(input.type))
    return `its input is ${input.type ?? "of unknown type"}, not pixels`;
  if (shape.length !== 4) return `its input is ${bracketed(shape)}, not images [N, 3, height, width]`;
  const channels = shape[imageAxes(input.shape ?? [], preprocessing).channels] ?? 0;
  return possible.includes(channels)
    ? input
    : `its input has ${channels === 1 ? "1 channel" : `${channels} channels`}, not ${possible.join(" or ")}`;
}

function asRecognizer(tried: TrialRun): Answer<RecognizerUse> {
  const { graph, shapes, preprocessing, differentiable, batching } = tried;
  const input = imageInput(tried, [3, 1]);
  if (typeof input === "string") return no(input);
  const output = graph.outputs[0];
  const [images, classes = 0, ...rest] = shapes.get(output?.name ?? "") ?? [];
  if (output?.type !== undefined && !isFloat(output.type)) return no(`its first output is ${output.type}`);
  if (images !== shapes.get(input.name)?.[0] || classes < 2 || rest.some((size) => size !== 1))
    return no(
      `its first output is ${bracketed(shapes.get(output?.name ?? "") ?? [])}, not class scores [N, classes]` +
        suggestion(graph.outputs.slice(1), (numbers) => numbers > 1),
    );
  const axes = imageAxes(input.shape ?? [], preprocessing);
  const [height, width] = [input.shape?.[axes.height], input.shape?.[axes.width]];
  const sides = [height, width].filter((side) => typeof side === "number");
  if (sides[0] !== sides.at(-1)) return no(`its input is ${height}x${width} pixels, not square`);
  const wanted = preprocessing?.size;
  if (wanted && sides[0] && sides[0] !== wanted)
    return no(`its input is ${height}x${width} pixels, but the size of its preprocessing is ${wanted}x${wanted}`);
  const size = sides[0] ?? wanted ?? null;
  if (typeof batching !== "object") return no(batching ?? "it was not tried on several images");
  const trains = differentiable.includes(output?.name ?? "");
  return { serves: true, classes, size, preprocessing: preprocessing ?? null, trains, batch: batching };
}

function asProcessor(tried: TrialRun): Answer<ProcessorUse> {
  const { graph, shapes, batching } = tried;
  const input = imageInput(tried, [3]);
  if (typeof input === "string") return no(input);
  if (input.type !== "float32") return no(`its input is ${input.type}, not float32`);
  const output = graph.outputs[0];
  if (!output || graph.outputs.length > 1) return no(`it has ${graph.outputs.length} outputs, not one image`);
  const [before, after] = [shapes.get(input.name) ?? [], shapes.get(output.name) ?? []];
  const [images = 0, channels, height = 0, width = 0] = before;
  const scale = (after[2] ?? 0) / height;
  const enlarged = [images, 3, height * scale, width * scale];
  if (channels !== 3 || !Number.isInteger(scale) || scale < 1 || bracketed(enlarged) !== bracketed(after))
    return no(`it maps ${bracketed(before)} to ${bracketed(after)}, not to an image of the same size or larger`);
  if (typeof batching !== "object") return no(batching ?? "it was not tried on several images");
  const inputSize = [input.shape?.[2] ?? height, input.shape?.[3] ?? width] as const;
  return { serves: true, scale, inputSize, batch: batching };
}
