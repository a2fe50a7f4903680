import type { FrozenRecognizer, Losses, ObjectiveContext } from "./objective.js";

/** Σ weightᵢ · lossᵢ over the recognizers. */
export function overRecognizers(
  { b, recognizers }: ObjectiveContext,
  lossOf: (recognizer: FrozenRecognizer) => string,
): string {
  const terms = recognizers.map((recognizer) => {
    const loss = lossOf(recognizer);
    return recognizer.weight === 1 ? loss : b.Mul(b.scalar(recognizer.weight), loss);
  });
  return b.Sum(terms);
}

/** image loss + λ · recognition loss, both for P. */
export const imagePlus = ({ b, image, lambda }: ObjectiveContext, recognition: string): Losses => ({
  processor: b.Add(image, b.Mul(lambda(), recognition)),
  parts: { image, recognition },
});
