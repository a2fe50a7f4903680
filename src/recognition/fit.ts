import { UserError } from "../errors.js";
import { bindShapes, type Graph } from "../graph/graph.js";
import { probe } from "../runtime/probe.js";
import { type RecognizerModel, withResize } from "./recognizer.js";

/** A recognizer for a batch of images of one size: `image` in, `logits` [batch, classes] out, all sizes known. */
export interface FittedRecognizer {
  readonly graph: Graph;
  /** How it sees the images: as they are, or resized to the one size that it takes. */
  readonly view: "native" | "crop" | "resized";
}

/**
 * Fits a recognizer to square images of `side` pixels: as it is when that is its own size, at theirs where its graph
 * allows it, otherwise behind a differentiable resizing.
 * @throws UserError when the recognizer does not run or does not give one row of logits for each image.
 */
export async function fitRecognizer(model: RecognizerModel, batch: number, side: number): Promise<FittedRecognizer> {
  const native = side === model.preprocessing.size;
  const bound = bindShapes(model.graph, { image: [batch, 3, side, side] });
  const logits = await probe(bound).then(
    ({ shapes }) => shapes.get("logits"),
    (error) => {
      if (native) throw error;
    },
  );
  const own = await classesOf(model);
  if (logits?.[0] === batch && logits[1] === own)
    return { graph: withLogits(bound, logits), view: native ? "native" : "crop" };
  return { graph: withLogits(withResize(model, batch, side), [batch, own]), view: "resized" };
}

/** How many classes the recognizer tells apart, at the size that it is made for. */
async function classesOf({ graph, name, preprocessing: { size } }: RecognizerModel): Promise<number> {
  const { shapes } = await probe(bindShapes(graph, { image: [1, 3, size, size] }));
  const [rows, classes] = shapes.get("logits") ?? [];
  if (rows !== 1 || !classes) throw new UserError(`${name} does not give one row of class scores for each image`);
  return classes;
}

const withLogits = (graph: Graph, shape: readonly number[]): Graph => ({
  ...graph,
  outputs: [{ name: "logits", type: "float32", shape }],
});
