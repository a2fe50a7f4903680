/** The part of the training over which the learning rate rises, and the most steps that this takes. */
const WARM_UP = { share: 0.05, steps: 100 };

/** What the learning rate comes down to at the end, as a share of the highest. */
const FLOOR = 0.01;

/** λ of a step: up from 0 in a line over so many steps, then constant. */
export const lambdaAt = (lambda: number, step: number, warmUp: number): number =>
  step < warmUp ? (lambda * step) / warmUp : lambda;

/**
 * The learning rate of a step: up in a line over the first steps, then down along half a cosine (Loshchilov 2017), or,
 * where there are drops, constant but for a tenth from each of these steps on.
 */
export function learningRate(peak: number, step: number, steps: number, drops: readonly number[] = []): number {
  const warmUp = Math.min(WARM_UP.steps, Math.ceil(WARM_UP.share * steps));
  if (step < warmUp) return (peak * (step + 1)) / warmUp;
  if (drops.length > 0) return peak * 0.1 ** drops.filter((drop) => step >= drop).length;
  const progress = (step - warmUp) / Math.max(steps - warmUp, 1);
  return peak * (FLOOR + (1 - FLOOR) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
