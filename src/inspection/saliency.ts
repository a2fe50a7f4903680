import { evaluationCrop } from "../data/samples.js";
import { UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { toPlanar } from "../images/planar.js";
import { resize } from "../images/resize.js";
import { float32, int64, type Tensor } from "../onnx/tensor.js";
import { fitRecognizer } from "../recognition/fit.js";
import type { RecognizerModel } from "../recognition/model.js";
import { Session } from "../runtime/session.js";
import { lossGradients } from "./gradient.js";

/** Which pixels of a picture a recognizer's opinion hangs on. */
export interface Saliency {
  /** The class that was asked about, and its probability from 0 to 1. */
  readonly label: number;
  readonly probability: number;
  /** The class with the highest probability. */
  readonly top: { readonly label: number; readonly probability: number };
  /** -ln probability of the label: float32 [1]. */
  readonly loss: Tensor;
  /** What the recognizer saw: the middle of the photograph at its size. */
  readonly picture: Image;
  /** d loss / d picture, whose values are in [0, 1]: float32 [1, 3, height, width]. */
  readonly gradient: Tensor;
}

/**
 * The gradient of the cross-entropy with regard to a picture, which is reduced and cropped as evaluation does it.
 * @param label the class to ask about. Default: the one that the recognizer finds most probable.
 * @throws UserError when the recognizer does not know the label or an operator of it has no gradient.
 */
export async function saliency(model: RecognizerModel, photograph: Image, label?: number): Promise<Saliency> {
  const { size } = model.preprocessing;
  const picture = resize(evaluationCrop(photograph), size, size, "bilinear");
  const planes = new Float32Array(3 * size * size);
  toPlanar(picture, planes, 0);
  const image = float32(planes, [1, 3, size, size]);
  const { graph } = await fitRecognizer(model, 1, size);
  const session = await Session.create(graph);
  const { logits } = await session.run({ image }).finally(() => session.release());
  const probabilities = softmax(logits?.data as Float32Array);
  const best = probabilities.reduce((most, value, i) => (value > (probabilities[most] as number) ? i : most), 0);
  const asked = label ?? best;
  const at = (index: number) => probabilities[index] as number;
  if (asked >= probabilities.length)
    throw new UserError(`${model.name} knows no class ${asked}, only 0 to ${probabilities.length - 1}`);
  const { loss, gradients } = await lossGradients(graph, { image, labels: int64([asked]) }, { loss: "cross-entropy" });
  const top = { label: best, probability: at(best) };
  return { label: asked, probability: at(asked), top, loss, picture, gradient: gradients.image as Tensor };
}

/** The largest magnitude among the three channels of each pixel of a gradient [1, 3, height, width]. */
export function magnitudes({ data, shape }: Tensor): Float32Array {
  const area = (shape[2] ?? 0) * (shape[3] ?? 0);
  const value = (channel: number, pixel: number) => Math.abs(Number(data[channel * area + pixel]));
  return Float32Array.from({ length: area }, (_, pixel) => Math.max(value(0, pixel), value(1, pixel), value(2, pixel)));
}

function softmax(logits: Float32Array): number[] {
  const highest = logits.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const exponentials = Array.from(logits, (value) => Math.exp(value - highest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}
