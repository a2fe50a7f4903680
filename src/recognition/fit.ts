import { UserError } from "../errors.js";
import { type Graph, specialize } from "../onnx/graph.js";
import { isFloat } from "../onnx/types.js";
import { probe } from "../runtime/probe.js";
import { type RecognizerModel, type Shapes, shapesAt, withResize } from "./model.js";

/** A recognizer specialized to one batch size and image size. Its input is `image`; the shapes of its outputs are known. */
export interface FittedRecognizer {
  readonly graph: Graph;
  /** Whether the images have its own size (native), another size that it accepts (crop), or are resized to its own. */
  readonly view: "native" | "crop" | "resized";
}

/**
 * Specializes a recognizer to square images of `side` pixels. If its graph does not accept that size, the images are resized
 * to its own size, differentiably. Outputs: `logits` [batch, classes], then the features, if any.
 * @throws UserError when the recognizer does not run, or does not output one row of float32 numbers for each image.
 */
export async function fitRecognizer(model: RecognizerModel, batch: number, side: number): Promise<FittedRecognizer> {
  const type = model.sources[0]?.type ?? "float32";
  if (!isFloat(type)) throw new UserError(`the output of ${model.name} is ${type}; a loss needs float32`);
  const own = await rowLengthOf(model);
  return fit(
    model,
    batch,
    side,
    ([logits, ...features]) => logits?.[0] === batch && logits[1] === own && areByImage(features, batch),
  );
}

/**
 * Specializes a feature extractor in the same way.
 * @throws UserError when it does not run, or the first axis of an output is not the batch.
 */
export const fitFeatures = (model: RecognizerModel, batch: number, side: number): Promise<FittedRecognizer> =>
  fit(model, batch, side, (shapes) => areByImage(shapes, batch));

const areByImage = (shapes: readonly (readonly number[])[], batch: number): boolean =>
  shapes.every(([first]) => first === batch);

async function fit(
  model: RecognizerModel,
  batch: number,
  side: number,
  accepts: (shapes: readonly (readonly number[])[]) => boolean,
): Promise<FittedRecognizer> {
  const native = side === model.preprocessing.size;
  const specialized = specialize(model.graph, { image: [batch, 3, side, side] });
  const shapes = await shapesAt(model, batch, side).then(
    (found) => outputShapes(specialized, found),
    (error: unknown) => {
      if (native) throw error;
    },
  );
  if (shapes && accepts(shapes))
    return { graph: withOutputShapes(specialized, shapes), view: native ? "native" : "crop" };
  const resized = withResize(model, batch, side);
  const atOwnSize = outputShapes(resized, (await probe(resized)).shapes);
  if (accepts(atOwnSize)) return { graph: withOutputShapes(resized, atOwnSize), view: "resized" };
  throw new UserError(
    `${model.name} does not output one result for each image: for ${batch} images its shapes are ${atOwnSize.map((s) => `[${s}]`).join()}`,
  );
}

/** Number of values that a recognizer outputs for one image of its own size. */
async function rowLengthOf(model: RecognizerModel): Promise<number> {
  const [[rows, numbers] = []] = outputShapes(model.graph, await shapesAt(model, 1, model.preprocessing.size));
  if (rows !== 1 || !numbers) throw new UserError(`${model.name} does not output one row of numbers for each image`);
  return numbers;
}

/**
 * The shape of the class scores in the file, which become the output `logits`, for one image of the recognizer's own size.
 * @throws UserError when the recognizer does not run.
 */
export async function scoresShape(model: RecognizerModel): Promise<readonly number[]> {
  const shapes = await shapesAt(model, 1, model.preprocessing.size);
  return shapes.get(model.sources[0]?.name ?? "") ?? [];
}

const outputShapes = ({ outputs }: Graph, shapes: Shapes): (readonly number[])[] =>
  outputs.map(({ name }) => shapes.get(name) ?? []);

const withOutputShapes = (graph: Graph, shapes: readonly (readonly number[])[]): Graph => ({
  ...graph,
  outputs: graph.outputs.map(({ name }, i) => ({ name, type: "float32", shape: shapes[i] ?? [] })),
});
