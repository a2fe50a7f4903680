import { evaluationCrop } from "../data/samples.js";
import { UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { toPlanar } from "../images/planar.js";
import { resize } from "../images/resize.js";
import { softmax } from "../metrics/softmax.js";
import { float32, int64, type Tensor } from "../onnx/tensor.js";
import { fitRecognizer } from "../recognition/fit.js";
import type { RecognizerModel } from "../recognition/model.js";
import { Session } from "../runtime/session.js";
import { lossGradients } from "./gradient.js";

/** Number of classes that are listed. */
const LISTED = 5;

/** A class and its probability, 0 to 1. */
export interface ClassProbability {
  readonly label: number;
  readonly probability: number;
}

/** How strongly each pixel of an image affects a recognizer's loss. */
export interface Saliency {
  /** The class of the loss, and its probability, 0 to 1. */
  readonly label: number;
  readonly probability: number;
  /** The most probable classes, at most five, the most probable first. */
  readonly best: readonly ClassProbability[];
  /** -ln probability of the label: float32 [1]. */
  readonly loss: Tensor;
  /** The recognizer's input: the center crop of evaluation at the recognizer's size. */
  readonly image: Image;
  /** d loss / d image, RGB in [0, 1]: float32 [1, 3, height, width]. */
  readonly gradient: Tensor;
}

/**
 * Computes the gradient of a recognizer's cross-entropy with respect to an image, resized and cropped as in evaluation.
 * @param label the class of the loss. Default: the most probable one.
 * @throws UserError when the recognizer has no such class or one of its operators has no gradient.
 */
export async function saliency(model: RecognizerModel, source: Image, label?: number): Promise<Saliency> {
  const { size } = model.preprocessing;
  const image = resize(evaluationCrop(source), size, size, "bilinear");
  const planes = new Float32Array(3 * size * size);
  toPlanar(image, planes, 0);
  const input = float32(planes, [1, 3, size, size]);
  const { graph } = await fitRecognizer(model, 1, size);
  const session = await Session.create(graph);
  const { logits } = await session.run({ image: input }).finally(() => session.release());
  const probabilities = softmax(logits?.data as Float32Array);
  const ranked = probabilities.map((probability, i) => ({ label: i, probability }));
  const best = ranked.sort((a, b) => b.probability - a.probability).slice(0, LISTED);
  const target = label ?? (best[0]?.label as number);
  if (target >= probabilities.length)
    throw new UserError(`${model.name} has no class ${target}, only 0 to ${probabilities.length - 1}`);
  const { loss, gradients } = await lossGradients(
    graph,
    { image: input, labels: int64([target]) },
    { loss: "cross-entropy" },
  );
  return {
    label: target,
    probability: probabilities[target] as number,
    best,
    loss,
    image,
    gradient: gradients.image as Tensor,
  };
}

/** The largest magnitude among the three channels of each pixel of a gradient [1, 3, height, width]. */
export function magnitudes({ data, shape }: Tensor): Float32Array {
  const area = (shape[2] ?? 0) * (shape[3] ?? 0);
  const value = (channel: number, pixel: number) => Math.abs(Number(data[channel * area + pixel]));
  return Float32Array.from({ length: area }, (_, pixel) => Math.max(value(0, pixel), value(1, pixel), value(2, pixel)));
}
