import { evaluationCrop } from "../data/samples.js";
import type { Image } from "../images/image.js";
import { rankingOf } from "../metrics/ranking.js";
import { softmax } from "../metrics/softmax.js";
import { specialize } from "../onnx/graph.js";
import { float32 } from "../onnx/tensor.js";
import { judgeInput } from "../recognition/judge-input.js";
import { LOGITS, type RecognizerModel, unitBatch } from "../recognition/model.js";
import { Session, type SessionOptions } from "../runtime/session.js";
import type { BrowserImage, BrowserRecognizer, Recognition } from "./api.js";
import { decodeRgba } from "./decode.js";
import { overWhite, pixelsOf } from "./pixels.js";
import type { Work } from "./work.js";

/** Number of classes that are listed. */
const LISTED = 5;

/** As `Legible.recognize`. */
export async function recognize(
  { models, session }: Work,
  recognizer: BrowserRecognizer,
  given: BrowserImage,
): Promise<readonly Recognition[]> {
  const held = models.recognizer(recognizer);
  const image = evaluationCrop(overWhite(pixelsOf(await decodeRgba(given))));
  held.session ??= startPredicting(held.model, session);
  const scores = await scoresOf(held.model, await held.session, image);
  const probabilities = softmax(scores);
  const ranked = rankingOf(scores, 0, scores.length).slice(0, LISTED);
  return ranked.map((each) => {
    const name = held.classNames?.[each.class];
    return {
      class: each.class,
      ...(name !== undefined && { name }),
      probability: probabilities[each.class] as number,
    };
  });
}

/** A session for one image at a time: in a batch of the size that the file declares, if it does. */
export const startPredicting = (model: RecognizerModel, options: SessionOptions): Promise<Session> => {
  const { size } = model.preprocessing;
  return Session.create(specialize(model.graph, { image: [unitBatch(model), 3, size, size] }), options);
};

/** The class scores of an image. */
export async function scoresOf(model: RecognizerModel, session: Session, image: Image): Promise<Float32Array> {
  const { size } = model.preprocessing;
  const batch = unitBatch(model);
  const images = judgeInput(Array<Image>(batch).fill(image), size);
  const { data = [] } = (await session.run({ image: float32(images, [batch, 3, size, size]) }, [LOGITS]))[LOGITS] ?? {};
  return Float32Array.from({ length: data.length / batch }, (_, i) => Number(data[i]));
}
