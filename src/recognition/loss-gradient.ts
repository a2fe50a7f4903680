import { gradients } from "../autodiff/gradients.js";
import { UserError } from "../errors.js";
import { GraphBuilder, ints, string } from "../onnx/builder.js";
import { type Graph, withOutputs } from "../onnx/graph.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { applyPasses, passes } from "../passes/index.js";
import { probe } from "../runtime/probe.js";
import { Session, type SessionOptions } from "../runtime/session.js";
import { fitRecognizer, scoresShape } from "./fit.js";
import { requireGradientPath } from "./gradient-path.js";
import { LOGITS, type RecognizerModel } from "./model.js";

/** Losses of images and their gradients. */
export interface LossGradientResult {
  /** -ln softmax(scores)[label] of each image. */
  readonly losses: Float64Array;
  /** d loss / d image: [count, 3, side, side]. */
  readonly gradients: Float32Array;
}

/** How a session of gradients computes. */
export interface LossGradientOptions extends SessionOptions {
  /** Side of the images in pixels. Images of another side than the recognizer's are resized differentiably. Default: its own. */
  readonly side?: number;
  /** Images that run at once; smaller calls are padded. Default: 8. */
  readonly batch?: number;
}

const [WEIGHTS, TOTAL] = ["legible.weights", "legible.total"];

/**
 * Class scores of a recognizer, and gradients of its scores and of its cross-entropy with respect to images. Images are planar
 * [count, 3, side, side], RGB in [0, 1]; values outside that range are not clipped.
 */
export class LossGradientSession {
  private constructor(
    readonly name: string,
    /** Side of the images in pixels. */
    readonly side: number,
    readonly classes: number,
    private readonly batch: number,
    private readonly forward: Session,
    private readonly backward: Session,
    private readonly gradient: string,
  ) {}

  /** @throws UserError when the recognizer does not output class scores, or an operator has no gradient. */
  static async open(
    model: RecognizerModel,
    { side = model.preprocessing.size, batch = 8, ...options }: LossGradientOptions = {},
  ): Promise<LossGradientSession> {
    requireGradientPath(model, "differentiate");
    const scores = await scoresShape(model);
    if (scores.slice(1).filter((size) => size !== 1).length > 1)
      throw new UserError(`the output of ${model.name} is [${scores.join(", ")}], not class scores [N, classes]`);
    const { size } = model.preprocessing;
    const fitted = (await fitRecognizer(model, batch, size)).graph;
    const graph = side === size ? fitted : resizing(fitted, batch, side, size);
    const classes = fitted.outputs[0]?.shape?.[1] as number;
    const { graph: rewritten, shapes } = await probe(
      await applyPasses(withTotal(graph, batch, classes), passes, "forward"),
    );
    const { graph: whole, gradients: found } = gradients(rewritten, TOTAL, ["image"], shapes);
    const gradient = found.get("image");
    if (!gradient) throw new UserError(`cannot differentiate ${model.name}: its scores do not depend on the image`);
    const backward = await applyPasses(withOutputs(whole, [gradient]), passes, "step", { known: shapes });
    const forward = await applyPasses(await applyPasses(graph, passes, "forward"), passes, "step");
    return new LossGradientSession(
      model.name,
      side,
      classes,
      batch,
      await Session.create(forward, options),
      await Session.create(backward, options),
      gradient,
    );
  }

  /** Number of values of an image. */
  get values(): number {
    return 3 * this.side ** 2;
  }

  /** The class scores of images: [count, classes]. */
  async scores(images: Float32Array): Promise<Float32Array> {
    const count = images.length / this.values;
    const found = new Float32Array(count * this.classes);
    for (let start = 0; start < count; start += this.batch) {
      const { [LOGITS]: logits } = await this.forward.run({ image: this.imagesFrom(images, start) });
      copyRows(logits as Tensor, found, start, this.classes);
    }
    return found;
  }

  /**
   * The gradient of a weighted sum of each image's scores with respect to the image.
   * @param weights [count, classes]
   * @returns [count, 3, side, side]
   */
  async scoreGradients(images: Float32Array, weights: Float32Array): Promise<Float32Array> {
    const count = images.length / this.values;
    const found = new Float32Array(images.length);
    for (let start = 0; start < count; start += this.batch) {
      const feeds = {
        image: this.imagesFrom(images, start),
        [WEIGHTS]: float32(padded(weights, start, this.batch, this.classes), [this.batch, this.classes]),
      };
      const results = await this.backward.run(feeds);
      copyRows(results[this.gradient] as Tensor, found, start, this.values);
    }
    return found;
  }

  /** The cross-entropy of each image with its label, and its gradient with respect to the image. */
  async lossGradients(images: Float32Array, labels: readonly number[]): Promise<LossGradientResult> {
    const { losses, weights, shares } = errorsOf(await this.scores(images), labels, this.classes);
    const found = await this.scoreGradients(images, weights);
    for (const [i, share] of shares.entries())
      for (let at = i * this.values; at < (i + 1) * this.values; at++) found[at] = (found[at] as number) * share;
    return { losses, gradients: found };
  }

  /**
   * The direction of d cross-entropy / d image: unit vectors [count, 3, side, side]; zeros where the gradient is zero. The
   * direction is exact also for predictions so certain that the gradient itself would be rounded to zero.
   */
  async lossDirections(images: Float32Array, labels: readonly number[]): Promise<Float32Array> {
    const { weights } = errorsOf(await this.scores(images), labels, this.classes);
    const found = await this.scoreGradients(images, weights);
    for (let start = 0; start < found.length; start += this.values)
      normalize(found.subarray(start, start + this.values));
    return found;
  }

  /** Frees the memory now. */
  async release(): Promise<void> {
    await this.forward.release();
    await this.backward.release();
  }

  private imagesFrom(images: Float32Array, start: number): Tensor {
    return float32(padded(images, start, this.batch, this.values), [this.batch, 3, this.side, this.side]);
  }
}

/** Scales a vector to length 1, unless it is zero. */
export function normalize(vector: Float32Array): void {
  let sum = 0;
  for (const value of vector) sum += value ** 2;
  if (sum === 0) return;
  const factor = 1 / Math.sqrt(sum);
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) * factor;
}

/** The network behind a differentiable resize (linear, antialiased) from `side` to `size` pixels, as judges resize. */
function resizing(network: Graph, batch: number, side: number, size: number): Graph {
  const b = new GraphBuilder(network.name);
  const image = b.input("image", [batch, 3, side, side]);
  const antialias = { mode: string("linear"), antialias: { kind: "int", value: 1 } as const, axes: ints([2, 3]) };
  const resized = b.add("Resize", [image, "", "", b.integers([size, size])], antialias);
  const { [LOGITS]: logits = "" } = b.inline(network, { image: resized }, "sized/");
  b.output(LOGITS, logits, network.outputs[0]?.shape);
  return b.build();
}

/** The network with the sum of its scores times the input `legible.weights` [batch, classes] as its only output. */
function withTotal(network: Graph, batch: number, classes: number): Graph {
  const b = GraphBuilder.from({ ...network, outputs: [] });
  const scores = network.outputs[0]?.name ?? "";
  const total = b.ReduceSum(b.Mul(scores, b.input(WEIGHTS, [batch, classes])), undefined, false);
  b.output(TOTAL, total);
  return b.build();
}

/**
 * The cross-entropy of each image and d loss / d scores divided by 1 - p(label), where p is the softmax: p(k) for the other
 * classes and minus their sum for the label, so that nothing cancels.
 */
function errorsOf(scores: Float32Array, labels: readonly number[], classes: number) {
  const losses = new Float64Array(labels.length);
  const shares = new Float64Array(labels.length);
  const weights = new Float32Array(scores.length);
  for (const [i, label] of labels.entries()) {
    const row = scores.subarray(i * classes, (i + 1) * classes);
    const highest = Math.max(...row.filter((_, k) => k !== label));
    let others = 0;
    for (const [k, score] of row.entries()) if (k !== label) others += Math.exp(score - highest);
    for (const [k, score] of row.entries())
      weights[i * classes + k] = k === label ? -1 : Math.exp(score - highest) / others;
    // Of the other classes' sum S and the label's score z: loss = ln(1 + S e^-z), 1 - p(label) = S / (S + e^z).
    const margin = (row[label] as number) - highest - Math.log(others);
    losses[i] = margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
    shares[i] = 1 / (1 + Math.exp(margin));
  }
  return { losses, weights, shares };
}

/** `count` rows from row `start` on; the last row is repeated where there are fewer. */
function padded(rows: Float32Array, start: number, count: number, row: number): Float32Array {
  const given = rows.subarray(start * row, (start + count) * row);
  if (given.length === count * row) return given;
  const whole = new Float32Array(count * row);
  whole.set(given);
  const last = given.subarray(given.length - row);
  for (let at = given.length; at < whole.length; at += row) whole.set(last, at);
  return whole;
}

/** Copies the rows of a batch to row `start` of `to`, without those of padding. */
function copyRows({ data }: Tensor, to: Float32Array, start: number, row: number): void {
  const from = data as Float32Array;
  to.set(from.subarray(0, Math.min(from.length, to.length - start * row)), start * row);
}
