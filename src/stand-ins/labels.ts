import { UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { float32 } from "../onnx/tensor.js";
import { classNames } from "../recognition/class-names.js";
import { judgeInput } from "../recognition/judge-input.js";
import { LOGITS } from "../recognition/model.js";
import { readRecognizer } from "../recognition/recognizer.js";
import { requireScores } from "../recognition/require-scores.js";
import { firstLemmaOf, synonymsOf } from "../recognition/synonyms.js";
import { BatchedSession } from "../runtime/batching.js";
import type { SessionOptions } from "../runtime/session.js";

/** A class that a classifier predicts for an image. */
export interface FoundLabel {
  readonly class: number;
  /** The first of the class's names. */
  readonly name: string;
  /** All names of the class, normalized: see `synonymsOf`. */
  readonly synonyms: ReadonlySet<string>;
  /** In [0, 1]; the confidences of all classes of an image sum to 1. */
  readonly confidence: number;
}

/** The least confidence of the labels that stand-ins of services without a threshold of the caller's return. */
export const LEAST_CONFIDENCE = 0.01;

/** Labels images with a local classifier. */
export interface Labeler {
  readonly name: string;
  /** @returns all classes of an image, the most confident first. Images run one by one. */
  label(image: Image): Promise<readonly FoundLabel[]>;
  release(): Promise<void>;
}

/**
 * Opens any ONNX classifier as a labeler. The confidences are the softmax of its class scores.
 * @throws UserError when the file or its sidecar cannot be used.
 */
export async function openLabeler(path: string, options: SessionOptions = {}): Promise<Labeler> {
  const model = await readRecognizer(path);
  await requireScores(model);
  const { name, graph, preprocessing, declaredBatch = null, classOffset = 0 } = model;
  const side = preprocessing.size;
  const names = await classNames(path, classOffset);
  const session = await BatchedSession.open({ graph, image: [3, side, side], declaredBatch }, options);
  const classOf = (index: number) => {
    const title = names[index] ?? `class ${index}`;
    return { class: index, name: firstLemmaOf(title), synonyms: synonymsOf(title) };
  };
  const classes: ReturnType<typeof classOf>[] = [];
  const run = async (image: Image): Promise<FoundLabel[]> => {
    const outputs = await session.run(float32(judgeInput([image], side), [1, 3, side, side]), [LOGITS]);
    const probabilities = softmax(outputs[LOGITS]?.data as Float32Array);
    if (probabilities.some(Number.isNaN)) throw new UserError(`${name} returns scores that are no numbers`);
    while (classes.length < probabilities.length) classes.push(classOf(classes.length));
    const found = classes.map((each, index) => ({ ...each, confidence: probabilities[index] as number }));
    return found.sort((a, b) => b.confidence - a.confidence || a.class - b.class);
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    name,
    label(image) {
      const result = last.then(() => run(image));
      last = result.catch(() => {});
      return result;
    },
    release: () => session.release(),
  };
}

/** exp(x) / Σ exp(x), computed from x - max(x). */
export function softmax(scores: ArrayLike<number>): number[] {
  const values = Array.from(scores);
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
