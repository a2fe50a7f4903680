import { type Node, titleOf } from "../onnx/graph.js";
import { float32, sizeOf } from "../onnx/tensor.js";
import { type Uses, usesOf } from "../onnx/uses.js";
import { trialImages } from "../runtime/batching.js";
import { Session } from "../runtime/session.js";
import { LOGITS, type RecognizerModel, unitBatch } from "./model.js";

/** Operators whose outputs are scores: their values have no bounds. */
const unbounded = new Set("Gemm MatMul Conv BatchNormalization Einsum LogSoftmax GlobalAveragePool".split(" "));
/** Operators that only rearrange scores. */
const rearranging = new Set("Identity Flatten Reshape Squeeze Unsqueeze Slice Cast Transpose".split(" "));

/** Relative deviation of a sum of probabilities from that of another image. */
const TOLERANCE = 1e-3;

/** Whether a node computes scores: it is unbounded, or adds a bias for each class to what another computes. */
function computesScores({ op, domain, inputs }: Node, { graph }: Uses): boolean {
  const addsBias =
    (op === "Add" || op === "Sub") && inputs.some((input) => sizeOf(graph.initializers.get(input)?.shape ?? []) > 1);
  return domain === "" && (unbounded.has(op) || addsBias);
}

/**
 * Tries a recognizer on three images, unless its last operator shows that its outputs are scores.
 * @returns a note if its scores look like probabilities: none is negative and their sum is the same for all images, as
 * behind a softmax, or all are between 0 and 1, as behind a sigmoid.
 */
export async function probabilityNotes(model: RecognizerModel): Promise<string[]> {
  const uses = usesOf(model.graph);
  let last = uses.producers.get(LOGITS);
  while (last && rearranging.has(last.op)) last = uses.producers.get(last.inputs[0] ?? "");
  if (!last || computesScores(last, uses)) return [];
  const rows = await scoresOfTrials(model).catch(() => []);
  if (rows.length === 0 || !(areShares(rows) || areWithinUnit(rows))) return [];
  return [
    `its outputs look like probabilities, and the scores before them were not found (${last.op} "${titleOf(last).replace(/^R\//, "")}"): the loss ` +
      "applies a softmax to them again; `output` chooses scores, if the file has them",
  ];
}

/** The scores of three trial images. */
async function scoresOfTrials(model: RecognizerModel): Promise<number[][]> {
  const { graph, preprocessing } = model;
  const shape = [3, preprocessing.size, preprocessing.size];
  const batch = unitBatch(model);
  const session = await Session.create(graph);
  try {
    const rows: number[][] = [];
    for (const image of [0, 1, 2]) {
      const { data } = trialImages(Array<number>(batch).fill(image), shape);
      const feeds = { image: float32(data as Float32Array, [batch, ...shape]) };
      const scores = (await session.run(feeds, [LOGITS]))[LOGITS]?.data as Float32Array;
      rows.push([...scores.subarray(0, scores.length / batch)]);
    }
    return rows;
  } finally {
    await session.release();
  }
}

/** Whether none is negative and all rows have the same sum. */
function areShares(rows: readonly (readonly number[])[]): boolean {
  const [first = 0, ...others] = rows.map((row) => row.reduce((total, score) => total + score, 0));
  return (
    first > 0 &&
    rows.flat().every((score) => score >= 0) &&
    others.every((sum) => Math.abs(sum - first) <= TOLERANCE * first)
  );
}

/** Whether all are above 0 and at most 1. */
const areWithinUnit = (rows: readonly (readonly number[])[]): boolean =>
  rows.flat().every((score) => score > 0 && score <= 1);
