import { UserError } from "../errors.js";
import { rowOf, suggestion } from "./file-outputs.js";
import { scoresShape } from "./fit.js";
import type { RecognizerModel } from "./model.js";
import { isImage, LIKE_PROCESSOR } from "./processor-file.js";

/** @throws UserError when the output has more than one row of numbers for each image. */
export async function requireScores(model: RecognizerModel): Promise<void> {
  const { name, sources, fileOutputs = [] } = model;
  const declared = sources[0]?.shape ?? [];
  const shape = rowOf(declared) === undefined ? await scoresShape(model) : declared;
  if (shape.slice(1).filter((size) => size !== 1).length <= 1) return;
  throw new UserError(
    `cannot judge with ${name}: its output is [${["N", ...shape.slice(1)].join(", ")}], ` +
      `not class scores [N, classes]${isImage(shape) ? LIKE_PROCESSOR : ""}` +
      suggestion(fileOutputs, (numbers) => numbers > 1),
  );
}
