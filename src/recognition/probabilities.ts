import { float32 } from "../onnx/tensor.js";
import { usesOf } from "../onnx/uses.js";
import { randomAt } from "../random.js";
import { Session } from "../runtime/session.js";
import { LOGITS, type RecognizerModel } from "./model.js";

/** Operators whose outputs are scores: their values have no bounds. */
const unbounded = new Set("Gemm MatMul Conv Add Sub BatchNormalization Einsum LogSoftmax GlobalAveragePool".split(" "));
/** Operators that only rearrange scores. */
const rearranging = new Set("Identity Flatten Reshape Squeeze Unsqueeze Slice Cast Transpose".split(" "));

/** Deviation of a sum of probabilities from 1. */
const TOLERANCE = 1e-3;

/**
 * Tries a recognizer on an image of noise, unless its last operator shows that its outputs are scores.
 * @returns a note if its scores look like probabilities: from 0 to 1, with the sum 1.
 */
export async function probabilityNotes({ graph, preprocessing: { size } }: RecognizerModel): Promise<string[]> {
  const { producers } = usesOf(graph);
  let last = producers.get(LOGITS);
  while (last && rearranging.has(last.op)) last = producers.get(last.inputs[0] ?? "");
  if (!last || (last.domain === "" && unbounded.has(last.op))) return [];
  const random = randomAt(1);
  const noise = Float32Array.from({ length: 3 * size * size }, () => random.uniform());
  const session = await Session.create(graph);
  const outputs = await session
    .run({ image: float32(noise, [1, 3, size, size]) }, [LOGITS])
    .catch(() => undefined) // a network that needs several images at once is not tried
    .finally(() => session.release());
  const scores = [...((outputs?.[LOGITS]?.data ?? []) as Float32Array)];
  const sum = scores.reduce((total, score) => total + score, 0);
  if (scores.some((score) => score < 0 || score > 1) || Math.abs(sum - 1) > TOLERANCE) return [];
  return [
    `its outputs look like probabilities, and the scores before them were not found (${last.op} "${last.name}"): the loss ` +
      "applies a softmax to them again; `output` chooses scores, if the file has them",
  ];
}
