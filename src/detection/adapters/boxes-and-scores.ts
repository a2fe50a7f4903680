import { UserError } from "../../errors.js";
import type { Tensor } from "../../onnx/tensor.js";
import type { Candidates } from "../candidates.js";
import type { Adapter, Decoder, DetectorFile, InputSize, NamedTensor } from "./adapter.js";
import { type BoxReader, boxReaderOf } from "./encoded-boxes.js";
import { chosenOutputs, namedClasses, numbersOf } from "./geometry.js";

/** What the numbers of the scores are. */
interface Scores {
  readonly activation: "none" | "sigmoid" | "softmax";
  /** Which class score is the background's, or the one of "no object". */
  readonly background: "first" | "last" | undefined;
  /** Whether a box has its best class only, as in DETR; otherwise each class above the threshold. */
  readonly bestOnly: boolean;
}

interface Pair {
  readonly boxes: NamedTensor;
  readonly scores: NamedTensor;
  /** The number of class scores, background included. */
  readonly columns: number;
  /** Whether the boxes are the last axis of the scores: [N, C, M]. */
  readonly boxesLast: boolean;
}

/**
 * All boxes and their class scores in two outputs, [N, M, 4] and [N, M, C]: SSD (decoded, or offsets from `priors`), RetinaNet
 * (decoded, or offsets from generated anchors), DETR (logits with a last class for no object, softmax) and RT-DETR (logits,
 * sigmoid) with boxes cx, cy, w, h in fractions.
 */
export const boxesAndScores: Adapter = {
  name: "boxes-and-scores",
  looksFor: "boxes [N, M, 4] and class scores [N, M, classes] (SSD, RetinaNet, DETR)",
  match(file) {
    const pair = pairOf(file);
    if (!pair) return undefined;
    const queries = isQueries(pair);
    const scores = scoresOf(pair, file, queries);
    const classes = pair.columns - Number(scores.background !== undefined);
    const named = namedClasses(file);
    if (named !== undefined && named !== classes)
      throw new UserError(
        `its output "${pair.scores.name}" [${pair.scores.shape.join(", ")}] has ${classes} classes` +
          `${scores.background ? " and a background" : ""}, and its files name ${named}; \`detector.background\` in the sidecar can correct this`,
      );
    return decoderOf(pair, scores, classes, queries, boxReaderOf(pair.boxes, file, queries));
  },
};

const BOX_NAME = /box|loc|dets|coord|reg|delta/i;
const SCORE_NAME = /logit|score|conf|prob|class|cls|label/i;

function pairOf(file: DetectorFile): Pair | undefined {
  const outputs = chosenOutputs(file);
  const candidates = outputs.filter(({ shape }) => shape.at(-1) === 4 && shape.length >= 2 && isRowsOfBoxes(shape));
  for (const boxes of namedFirst(candidates, BOX_NAME)) {
    const rows = rowsOf(boxes);
    for (const scores of namedFirst(outputs, SCORE_NAME)) {
      if (scores === boxes || scores.shape.length < 2 || scores.shape.length > 3) continue;
      const [second = 0, last = 0] = scores.shape.slice(-2);
      if (second === rows) return { boxes, scores, columns: last, boxesLast: false };
      if (last === rows) return { boxes, scores, columns: second, boxesLast: true };
    }
  }
  return undefined;
}

const namedFirst = (outputs: readonly NamedTensor[], name: RegExp): NamedTensor[] =>
  [...outputs].sort((a, b) => Number(name.test(b.name)) - Number(name.test(a.name)));

/** [M, 4], [N, M, 4] or [N, M, 1, 4]. */
const isRowsOfBoxes = (shape: readonly number[]): boolean =>
  shape.length <= 3 || (shape.length === 4 && shape[2] === 1);

/** The number of boxes of an image. */
const rowsOf = ({ shape }: Tensor): number => (shape.length === 2 ? shape[0] : shape[1]) as number;

/** Whether the names are those of DETR and its successors. */
const isQueries = ({ boxes, scores }: Pair): boolean =>
  /pred_boxes|^dets$/i.test(boxes.name) ||
  (/^(pred_)?logits$/i.test(scores.name) && !/reg|delta|loc/i.test(boxes.name));

function scoresOf(pair: Pair, file: DetectorFile, queries: boolean): Scores {
  const { keys } = file;
  const activation = keys.activation ?? activationOf(pair, file, queries);
  const background =
    typeof keys.background === "string"
      ? keys.background
      : keys.background === undefined
        ? backgroundOf(pair, file, activation, queries)
        : keys.background
          ? "first"
          : undefined;
  return { activation, background, bestOnly: queries && activation === "softmax" };
}

/** No class of a softmax has so low a mean of logits; those of a focal loss begin at -4.6. */
const FOCAL_MEAN = -2;

function activationOf({ scores, columns }: Pair, file: DetectorFile, queries: boolean): Scores["activation"] {
  const data = Array.from(numbersOf(scores));
  if (!/logit/i.test(scores.name) && data.every((score) => score >= 0 && score <= 1)) return "none";
  const named = namedClasses(file);
  if (columns === named) return "sigmoid";
  if (columns === (named ?? Number.NaN) + 1) return "softmax";
  if (queries) return data.reduce((sum, score) => sum + score, 0) / data.length < FOCAL_MEAN ? "sigmoid" : "softmax";
  return file.keys.anchors && !Array.isArray(file.keys.anchors) ? "sigmoid" : "softmax";
}

function backgroundOf(
  pair: Pair,
  file: DetectorFile,
  activation: Scores["activation"],
  queries: boolean,
): Scores["background"] {
  const named = namedClasses(file);
  if (activation === "softmax" && queries) return file.namesBackground ? "first" : "last";
  if (activation === "softmax") return "first";
  if (file.namesBackground && pair.columns === file.names) return "first";
  if (activation === "sigmoid") return undefined;
  if (named !== undefined) return pair.columns === named + 1 ? "first" : undefined;
  return isDistribution(pair) ? "first" : undefined;
}

/** Whether the scores of every box sum to 1, as a softmax over the classes and the background does. */
function isDistribution(pair: Pair): boolean {
  const data = numbersOf(pair.scores);
  const rows = rowsOf(pair.boxes);
  if (pair.columns < 2 || rows === 0) return false;
  return Array.from({ length: rows }, (_, row) => row).every((row) => {
    let sum = 0;
    for (let column = 0; column < pair.columns; column++) sum += data[positionOf(pair, rows, row, column)] as number;
    return Math.abs(sum - 1) < 1e-3;
  });
}

const positionOf = ({ boxesLast, columns }: Pair, rows: number, row: number, column: number): number =>
  boxesLast ? column * rows + row : row * columns + column;

function decoderOf(pair: Pair, scores: Scores, classes: number, queries: boolean, boxes: BoxReader): Decoder {
  const { activation, background, bestOnly } = scores;
  const behind = background ? `, background ${background}` : "";
  return {
    layout: `boxes ${boxes.layout}; ${activation === "none" ? "scores" : activation}${behind}, ${classes} classes${bestOnly ? ", the best of each box" : ""}`,
    classes,
    resize: "stretch",
    nmsIou: queries ? 1 : boxes.usualIou,
    decode(outputs, size: InputSize, found) {
      const boxAt = boxes.open(outputs, size);
      const data = numbersOf(outputs[pair.scores.name] as Tensor);
      const rows = rowsOf(outputs[pair.boxes.name] as Tensor);
      const probabilities = new Float64Array(pair.columns);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < pair.columns; column++)
          probabilities[column] = data[positionOf(pair, rows, row, column)] as number;
        activate(probabilities, activation);
        addClasses(found, probabilities, scores, () => boxAt(row));
      }
    },
  };
}

function activate(values: Float64Array, activation: Scores["activation"]): void {
  if (activation === "none") return;
  if (activation === "sigmoid") {
    for (const [i, value] of values.entries()) values[i] = 1 / (1 + Math.exp(-value));
    return;
  }
  const largest = Math.max(...values);
  let sum = 0;
  for (const [i, value] of values.entries()) sum += values[i] = Math.exp(value - largest);
  for (const [i, value] of values.entries()) values[i] = value / sum;
}

function addClasses(
  found: Candidates,
  probabilities: Float64Array,
  { background, bestOnly }: Scores,
  boxOf: () => readonly [number, number, number, number],
) {
  const first = Number(background === "first");
  const end = probabilities.length - Number(background === "last");
  const best = bestOnly ? Math.max(...probabilities.subarray(first, end)) : Number.NEGATIVE_INFINITY;
  let corners: ReturnType<typeof boxOf> | undefined;
  for (let column = first; column < end; column++) {
    const score = probabilities[column] as number;
    if (!(score > found.threshold) || score < best) continue;
    corners ??= boxOf();
    found.add(column - first, score, ...corners);
  }
}
