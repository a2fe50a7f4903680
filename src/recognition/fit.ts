import { UserError } from "../errors.js";
import { type Graph, specialize } from "../onnx/graph.js";
import { inGroups } from "../onnx/groups.js";
import { isFloat } from "../onnx/types.js";
import { probe } from "../runtime/probe.js";
import { suggestion } from "./file-outputs.js";
import {
  onImages,
  type RecognizerModel,
  recognizerBatching,
  type Shapes,
  shapesAt,
  unitBatch,
  withResize,
} from "./model.js";

/** A recognizer specialized to one batch size and image size. Its input is `image`; the shapes of its outputs are known. */
export interface FittedRecognizer {
  readonly graph: Graph;
  /** Whether the images have its own size (native), a smaller size that it accepts (crop), or are resized to its own. */
  readonly view: "native" | "crop" | "resized";
  /** The images run in groups of this size inside the graph; null if they run as one batch. */
  readonly group: number | null;
}

/**
 * Specializes a recognizer to square images of `side` pixels. Larger images than its own are resized to its size, as in
 * evaluation; so are smaller ones if its graph does not accept their size. The resizing is differentiable. If it accepts only the batch size that its file declares, the images run in groups of
 * that size. Outputs: `logits` [batch, classes], then the features, if any.
 * @throws UserError when the recognizer does not run, or does not output one row of float32 numbers for each image.
 */
export async function fitRecognizer(model: RecognizerModel, batch: number, side: number): Promise<FittedRecognizer> {
  const type = model.sources[0]?.type ?? "float32";
  if (!isFloat(type)) {
    const others = suggestion(model.fileOutputs?.filter((each) => isFloat(each.type)) ?? [], (numbers) => numbers > 1);
    throw new UserError(`the output of ${model.name} is ${type}; a loss needs float32${others}`);
  }
  const own = await rowLengthOf(model);
  return fit(
    model,
    batch,
    side,
    (size, [logits, ...features]) => logits?.[0] === size && logits[1] === own && areByImage(features, size),
  );
}

/**
 * Specializes a feature extractor in the same way.
 * @throws UserError when it does not run, or the first axis of an output is not the batch.
 */
export const fitFeatures = (model: RecognizerModel, batch: number, side: number): Promise<FittedRecognizer> =>
  fit(model, batch, side, (size, shapes) => areByImage(shapes, size));

const areByImage = (shapes: readonly (readonly number[])[], batch: number): boolean =>
  shapes.every(([first]) => first === batch);

/** Whether the outputs of these shapes have one row for each image of a batch. */
type Accepts = (batch: number, shapes: readonly (readonly number[])[]) => boolean;

async function fit(model: RecognizerModel, batch: number, side: number, accepts: Accepts): Promise<FittedRecognizer> {
  const { group } = await recognizerBatching(model);
  const fitted = await fitAt(model, group ?? batch, side, accepts);
  return { ...fitted, graph: inGroups(fitted.graph, batch), group };
}

async function fitAt(model: RecognizerModel, batch: number, side: number, accepts: Accepts) {
  const { size } = model.preprocessing;
  const own = side <= size ? await fitAtSide(model, batch, side, accepts) : undefined;
  if (own) return { graph: own, view: side === size ? "native" : "crop" } as const;
  const resized = withResize(model, batch, side);
  const atOwnSize = outputShapes(resized, (await probe(resized, onImages(batch, side))).shapes);
  if (accepts(batch, atOwnSize)) return { graph: withOutputShapes(resized, atOwnSize), view: "resized" } as const;
  throw new UserError(
    `${model.name} does not output one result for each image: for ${batch} images its shapes are ${atOwnSize.map((s) => `[${s}]`).join()}`,
  );
}

/** The recognizer for images that are not resized; undefined if it does not accept this size, which is not its own. */
async function fitAtSide(model: RecognizerModel, batch: number, side: number, accepts: Accepts) {
  const specialized = specialize(model.graph, { image: [batch, 3, side, side] });
  const shapes = await shapesAt(model, batch, side).then(
    (found) => outputShapes(specialized, found),
    (error: unknown) => {
      if (side === model.preprocessing.size) throw error;
    },
  );
  return shapes && accepts(batch, shapes) ? withOutputShapes(specialized, shapes) : undefined;
}

/** Number of values that a recognizer outputs for one image of its own size. */
async function rowLengthOf(model: RecognizerModel): Promise<number> {
  const batch = unitBatch(model);
  const [[rows, numbers] = []] = outputShapes(model.graph, await shapesAt(model, batch, model.preprocessing.size));
  if (rows !== batch || !numbers)
    throw new UserError(`${model.name} does not output one row of numbers for each image`);
  return numbers;
}

/**
 * The shape of the class scores in the file, which become the output `logits`, for the smallest batch that the recognizer
 * runs with.
 * @throws UserError when the recognizer does not run.
 */
export async function scoresShape(model: RecognizerModel): Promise<readonly number[]> {
  const shapes = await shapesAt(model, unitBatch(model), model.preprocessing.size);
  return shapes.get(model.sources[0]?.name ?? "") ?? [];
}

const outputShapes = ({ outputs }: Graph, shapes: Shapes): (readonly number[])[] =>
  outputs.map(({ name }) => shapes.get(name) ?? []);

const withOutputShapes = (graph: Graph, shapes: readonly (readonly number[])[]): Graph => ({
  ...graph,
  outputs: graph.outputs.map(({ name }, i) => ({ name, type: "float32", shape: shapes[i] ?? [] })),
});
