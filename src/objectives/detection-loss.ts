import type { GraphBuilder } from "../onnx/builder.js";

/** What a grid detector should output for images, on the grid [height, width] of its cells. */
export interface DetectionTargets {
  /** [N, classes, height, width]: 1 in the cell of an object's center, falling to 0 around it; see `focalLoss`. */
  readonly heatmap: string;
  /** [N, 4, height, width]: the offset of the object's center from the cell's center, its width and its height, in cells. */
  readonly box: string;
  /** [N, 1, height, width]: how much the box of a cell counts, 0 to 1. */
  readonly weight: string;
}

/** Raw heads of a grid detector: see `DetectorNetwork`. */
export interface DetectionHeads {
  readonly heatmap: string;
  readonly box: string;
}

/** Factor on the loss of the boxes (Liu et al., TTFNet, AAAI 2020, sec. 3.3). */
const BOX_WEIGHT = 5;

/** Keeps quotients finite where nothing is annotated. */
const EPSILON = 1e-7;

/** The loss of a grid detector and its two parts. All are scalars. */
export interface DetectionLoss {
  readonly total: string;
  readonly heatmap: string;
  readonly box: string;
}

/** The loss of a grid detector: `focalLoss` of its heatmap + 5 · `boxLoss` of its boxes. */
export function detectionLoss(b: GraphBuilder, heads: DetectionHeads, targets: DetectionTargets): DetectionLoss {
  const heatmap = focalLoss(b, heads.heatmap, targets.heatmap);
  const box = boxLoss(b, heads.box, targets);
  return { total: b.Add(heatmap, b.Mul(box, b.scalar(BOX_WEIGHT))), heatmap, box };
}

/**
 * The penalty-reduced focal loss (Law & Deng, CornerNet, ECCV 2018, eq. 1; α = 2, β = 4), divided by the number of objects:
 * with p = sigmoid(x), -(1 - p)²·ln p where the target y is 1, and -(1 - y)⁴·p²·ln(1 - p) elsewhere.
 * @param x logits, of the shape of `y`
 * @param y targets from 0 to 1
 * @returns a scalar
 */
function focalLoss(b: GraphBuilder, x: string, y: string): string {
  const square = (value: string) => b.Mul(value, value);
  const p = b.Sigmoid(x);
  const isObject = b.Cast(b.Equal(y, b.one), "float32");
  const penalty = square(square(b.Sub(b.one, y)));
  // -ln p is softplus(-x), and -ln(1 - p) is softplus(x).
  const found = b.Mul(isObject, b.Mul(square(b.Sub(b.one, p)), b.add("Softplus", [b.Neg(x)])));
  const empty = b.Mul(penalty, b.Mul(square(p), b.add("Softplus", [x])));
  return b.Div(total(b, b.Add(found, empty)), atLeastOne(b, total(b, isObject)));
}

/**
 * The mean of 1 - GIoU (Rezatofighi et al., CVPR 2019) over the cells, by their weights.
 * @param raw [N, 4, height, width]
 * @returns a scalar
 */
function boxLoss(b: GraphBuilder, raw: string, { box, weight }: DetectionTargets): string {
  const [offset, rawSize] = b.Split(raw, 1, [2, 2]) as [string, string];
  const found = edges(b, offset, b.add("Softplus", [rawSize]));
  const truth = edges(b, ...(b.Split(box, 1, [2, 2]) as [string, string]));
  const larger = (x: string, y: string) => b.add("Max", [x, y]);
  const smaller = (x: string, y: string) => b.add("Min", [x, y]);
  const overlap = b.Relu(b.Sub(smaller(found.high, truth.high), larger(found.low, truth.low)));
  const hull = b.Sub(larger(found.high, truth.high), smaller(found.low, truth.low));
  const [common, enclosing] = [area(b, overlap), area(b, hull)];
  const union = b.Sub(b.Add(area(b, found.size), area(b, truth.size)), common);
  const quotient = (x: string, y: string) => b.Div(x, b.Add(y, b.scalar(EPSILON)));
  const giou = b.Sub(quotient(common, union), quotient(b.Sub(enclosing, union), enclosing));
  const loss = b.Mul(weight, b.Sub(b.one, giou));
  return b.Div(total(b, loss), atLeastOne(b, total(b, weight)));
}

/** The lower and upper edges [N, 2, …] of boxes along x and y. */
function edges(b: GraphBuilder, center: string, size: string) {
  const half = b.Mul(size, b.scalar(0.5));
  return { low: b.Sub(center, half), high: b.Add(center, half), size };
}

/** Width times height: [N, 2, …] becomes [N, 1, …]. */
function area(b: GraphBuilder, size: string): string {
  const [width, height] = b.Split(size, 1, [1, 1]) as [string, string];
  return b.Mul(width, height);
}

const total = (b: GraphBuilder, x: string): string => b.ReduceSum(x, undefined, false);

const atLeastOne = (b: GraphBuilder, count: string): string => b.add("Max", [count, b.one]);
