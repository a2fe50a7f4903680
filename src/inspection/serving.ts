import type { Dim, Graph, ValueInfo } from "../onnx/graph.js";
import type { Preprocessing } from "../recognition/preprocessing.js";
import { imageAxes } from "./sizes.js";
import { bracketed } from "./words.js";

/** What a model can do in Legible; where it cannot, why not. */
export interface Serving {
  readonly recognizer: Answer<RecognizerUse>;
  readonly processor: Answer<ProcessorUse>;
  /** Outputs that a loss without labels can compare: float32, and a gradient leads from them to an input. */
  readonly withoutLabels: readonly string[];
}

export type Answer<T> = ({ readonly serves: true } & T) | { readonly serves: false; readonly reason: string };

export interface RecognizerUse {
  readonly classes: number;
  /** Side of its square input in pixels; null where any will do. */
  readonly size: number | null;
  /** How it wants its images; null where nothing beside the file says it. */
  readonly preprocessing: Preprocessing | null;
  /** Whether processors can be trained with its loss; otherwise it can only judge them. */
  readonly trains: boolean;
}

export interface ProcessorUse {
  /** Output pixels for an input pixel, each way. */
  readonly scale: number;
  /** Height and width of the pictures that it takes, a name where any will do. */
  readonly takes: readonly [Dim, Dim];
}

export interface Tried {
  readonly graph: Graph;
  /** The shape of every value on the trial run. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Names of float32 outputs with a gradient to an input. */
  readonly differentiable: readonly string[];
  readonly preprocessing: Preprocessing | undefined;
}

export function servingOf(tried: Tried): Serving {
  return { recognizer: asRecognizer(tried), processor: asProcessor(tried), withoutLabels: tried.differentiable };
}

const no = (reason: string) => ({ serves: false, reason }) as const;

/** The one image input of three channels, or why there is none. */
function imageInput({ graph, shapes, preprocessing }: Tried): ValueInfo | string {
  const [input, ...others] = graph.inputs;
  if (!input) return "it has no input";
  if (others.length > 0) return `it has ${graph.inputs.length} inputs, not one image`;
  const shape = shapes.get(input.name) ?? [];
  if (input.type !== "float32") return `its input is ${input.type ?? "of no type"}, not float32`;
  if (shape.length !== 4) return `its input is ${bracketed(shape)}, not images [N, 3, height, width]`;
  const channels = shape[imageAxes(input.shape ?? [], preprocessing).channels];
  return channels === 3 ? input : `its input has ${channels} channels, not 3`;
}

function asRecognizer(tried: Tried): Answer<RecognizerUse> {
  const { graph, shapes, preprocessing, differentiable } = tried;
  const input = imageInput(tried);
  if (typeof input === "string") return no(input);
  const output = graph.outputs[0];
  const [images, classes = 0, ...rest] = shapes.get(output?.name ?? "") ?? [];
  if (output?.type !== undefined && output.type !== "float32") return no(`its first output is ${output.type}`);
  if (images !== shapes.get(input.name)?.[0] || classes < 2 || rest.some((size) => size !== 1))
    return no(`its first output is ${bracketed(shapes.get(output?.name ?? "") ?? [])}, not class scores [N, classes]`);
  const axes = imageAxes(input.shape ?? [], preprocessing);
  const [height, width] = [input.shape?.[axes.height], input.shape?.[axes.width]];
  const sides = [height, width].filter((side) => typeof side === "number");
  if (sides[0] !== sides.at(-1)) return no(`it takes pictures of ${height}x${width}, not square ones`);
  const wanted = preprocessing?.size;
  if (wanted && sides[0] && sides[0] !== wanted)
    return no(`it takes pictures of ${height}x${width}, and the file beside it says ${wanted}x${wanted}`);
  const size = sides[0] ?? wanted ?? null;
  const trains = differentiable.includes(output?.name ?? "");
  return { serves: true, classes, size, preprocessing: preprocessing ?? null, trains };
}

function asProcessor(tried: Tried): Answer<ProcessorUse> {
  const { graph, shapes } = tried;
  const input = imageInput(tried);
  if (typeof input === "string") return no(input);
  const output = graph.outputs[0];
  if (!output || graph.outputs.length > 1) return no(`it has ${graph.outputs.length} outputs, not one picture`);
  const [before, after] = [shapes.get(input.name) ?? [], shapes.get(output.name) ?? []];
  const [images = 0, channels, height = 0, width = 0] = before;
  const scale = (after[2] ?? 0) / height;
  const enlarged = [images, 3, height * scale, width * scale];
  if (channels !== 3 || !Number.isInteger(scale) || scale < 1 || bracketed(enlarged) !== bracketed(after))
    return no(`it turns ${bracketed(before)} into ${bracketed(after)}, not into a picture as large or larger`);
  return { serves: true, scale, takes: [input.shape?.[2] ?? height, input.shape?.[3] ?? width] };
}
