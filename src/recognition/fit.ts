import { UserError } from "../errors.js";
import { type Graph, specialize } from "../onnx/graph.js";
import { probe } from "../runtime/probe.js";
import { type RecognizerModel, type Shapes, shapesAt, withResize } from "./model.js";

/** A recognizer for a batch of images of one size: `image` in, its outputs with all sizes known. */
export interface FittedRecognizer {
  readonly graph: Graph;
  /** How it sees the images: as they are, or resized to the one size that it takes. */
  readonly view: "native" | "crop" | "resized";
}

/**
 * Fits a recognizer to square images of `side` pixels: as it is when that is its own size, at theirs where its graph
 * allows it, otherwise behind a differentiable resizing. Output `logits` [batch, classes], then any values inside.
 * @throws UserError when the recognizer does not run, or does not give one row of float32 numbers for each image.
 */
export async function fitRecognizer(model: RecognizerModel, batch: number, side: number): Promise<FittedRecognizer> {
  const type = model.sources[0]?.type ?? "float32";
  if (type !== "float32") throw new UserError(`the output of ${model.name} holds ${type}; a loss needs float32`);
  const own = await rowLengthOf(model);
  return fit(
    model,
    batch,
    side,
    ([logits, ...inside]) => logits?.[0] === batch && logits[1] === own && areByImage(inside, batch),
  );
}

/**
 * Fits a feature extractor likewise; each of its outputs begins with the axis of the batch.
 * @throws UserError when it does not run or gives a value of another kind.
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
  const bound = specialize(model.graph, { image: [batch, 3, side, side] });
  const shapes = await shapesAt(model, batch, side).then(
    (found) => outputShapes(bound, found),
    (error: unknown) => {
      if (native) throw error;
    },
  );
  if (shapes && accepts(shapes)) return { graph: withOutputShapes(bound, shapes), view: native ? "native" : "crop" };
  const resized = withResize(model, batch, side);
  const atOwnSize = outputShapes(resized, (await probe(resized)).shapes);
  if (accepts(atOwnSize)) return { graph: withOutputShapes(resized, atOwnSize), view: "resized" };
  throw new UserError(
    `${model.name} does not give results image by image: for ${batch} images [${atOwnSize.map((s) => `[${s}]`).join()}]`,
  );
}

/** How many numbers a recognizer gives for an image, at the size that it is made for. */
async function rowLengthOf(model: RecognizerModel): Promise<number> {
  const [[rows, numbers] = []] = outputShapes(model.graph, await shapesAt(model, 1, model.preprocessing.size));
  if (rows !== 1 || !numbers) throw new UserError(`${model.name} does not give one row of numbers for each image`);
  return numbers;
}

/**
 * The shape of what becomes a recognizer's `logits`, as the file has it, for one image of its own size.
 * @throws UserError when it does not run.
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
