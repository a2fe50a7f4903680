import { UserError } from "../errors.js";
import { GraphBuilder, int, ints, string } from "../onnx/builder.js";
import { type Graph, specialize, type ValueInfo } from "../onnx/graph.js";
import { typeCodes } from "../onnx/schema.js";
import { float32 } from "../onnx/tensor.js";
import { modelTitle, readModel, sha256OfFile } from "../platform/node/models.js";
import { withScores } from "./logits.js";
import { type Preprocessing, type PreprocessingOverrides, readPreprocessing } from "./preprocessing.js";
import { learnedClasses } from "./sources.js";

/** The output of a recognizer's graph that holds the class scores. */
export const LOGITS = "logits";

/** What the command line may say about a recognizer. */
export interface RecognizerSettings extends PreprocessingOverrides {
  /** The output that holds the class scores. Default: the first. */
  readonly output?: string | undefined;
}

/** A classifier that is read but not started: its graph takes images as all of Legible's do. */
export interface RecognizerModel {
  readonly name: string;
  readonly preprocessing: Preprocessing;
  /**
   * Input `image`: float32 [N, 3, size, size], RGB in [0, 1]. Output `logits`: [N, classes], and one for each value
   * inside that is watched. A feature extractor has the latter alone.
   */
  readonly graph: Graph;
  /** The values of the graph that its outputs are made of, as the file shapes them, with the types that it declares. */
  readonly sources: readonly ValueInfo[];
  /** The classes that it was shown in training, where its sidecar says that it was not all. */
  readonly learned?: ReadonlySet<number>;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
}

/**
 * Reads any ONNX classifier with its preprocessing, which becomes a part of the graph.
 * @throws UserError when the file or its sidecar cannot be used.
 */
export async function readRecognizer(path: string, settings: RecognizerSettings = {}): Promise<RecognizerModel> {
  const { output, ...overrides } = settings;
  const model = withScores(await readModel(path), output);
  return behindPreprocessing(path, model, overrides, (b, [scores = ""]) => b.output(LOGITS, b.Flatten(scores)));
}

/**
 * A model as a part of a recognizer: its preprocessing put before it.
 * @param declare declares the outputs, given the values that the model's outputs have in the graph.
 * @throws UserError when the sidecar cannot be used or the model does not take one image.
 */
export async function behindPreprocessing(
  path: string,
  model: Graph,
  overrides: PreprocessingOverrides,
  declare: (b: GraphBuilder, sources: readonly string[]) => void,
): Promise<RecognizerModel> {
  const preprocessing = await readPreprocessing(path, model, overrides);
  const b = new GraphBuilder(model.name);
  const outputs = inlineBehindPreprocessing(b, model, preprocessing);
  const sources = model.outputs.map((output) => ({ ...output, name: outputs[output.name] as string }));
  declare(
    b,
    sources.map(({ name }) => name),
  );
  const sha256 = await sha256OfFile(path);
  const graph = { ...b.build(), notes: model.notes ?? [] };
  const learned = await learnedClasses(path);
  return { name: modelTitle(path), preprocessing, graph, sources, sha256, ...(learned && { learned }) };
}

/** Declares `image` and puts the model behind its preprocessing. @returns the names that its outputs have in the graph. */
function inlineBehindPreprocessing(
  b: GraphBuilder,
  model: Graph,
  { size, layout, channels, range, mean, std }: Preprocessing,
): Record<string, string> {
  const [input, ...others] = model.inputs;
  if (!input || others.length > 0)
    throw new UserError(`${model.name} takes ${model.inputs.length} inputs; a recognizer takes one, the image`);
  const image = b.input("image", ["N", 3, size, size]);
  const channel = (values: readonly number[]) => b.constant(float32([...values], [1, 3, 1, 1]));
  let value = mean.some((m) => m !== 0) ? b.Sub(image, channel(mean.map((m) => m / range))) : image;
  if (std.some((s) => s !== range)) value = b.Mul(value, channel(std.map((s) => range / s)));
  if (channels === "BGR") value = b.Gather(value, b.integers([2, 1, 0]), 1);
  if (layout === "NHWC") value = b.Transpose(value, [0, 2, 3, 1]);
  const { type = "float32" } = input;
  if (type !== "float32") value = b.add("Cast", [b.add("Round", [value])], { to: int(typeCodes[type]) });
  return b.inline(model, { [input.name]: value }, "R/");
}

/** The recognizer's graph for images of another size: resized (linear, antialiased) to the one it knows. */
export function withResize({ graph, preprocessing: { size } }: RecognizerModel, batch: number, side: number): Graph {
  const b = new GraphBuilder(graph.name);
  const image = b.input("image", [batch, 3, side, side]);
  const antialias = { mode: string("linear"), antialias: { kind: "int", value: 1 } as const, axes: ints([2, 3]) };
  const resized = b.add("Resize", [image, "", "", b.integers([size, size])], antialias);
  const outputs = b.inline(specialize(graph, { image: [batch, 3, size, size] }), { image: resized }, "sized/");
  for (const [name, value] of Object.entries(outputs)) b.output(name, value);
  return b.build();
}
