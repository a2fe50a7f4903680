/** Warm-up of the learning rate: its share of the training steps, and its maximum number of steps. */
const WARM_UP = { share: 0.05, steps: 100 };

/** Final learning rate of the cosine decay, as a share of the peak. */
const FLOOR = 0.01;

/** λ of a step: rises linearly from 0 over `warmUp` steps, then stays constant. */
export const lambdaAt = (lambda: number, step: number, warmUp: number): number =>
  step < warmUp ? (lambda * step) / warmUp : lambda;

/** Number of steps over which the learning rate of a training of `steps` steps rises. */
export const warmUpSteps = (steps: number): number => Math.min(WARM_UP.steps, Math.ceil(WARM_UP.share * steps));

/**
 * The learning rate of a step: linear warm-up, then cosine decay (Loshchilov & Hutter 2017). With `drops`, it is constant
 * after the warm-up and multiplied by 0.1 at each of these steps.
 */
export function learningRate(peak: number, step: number, steps: number, drops: readonly number[] = []): number {
  const warmUp = warmUpSteps(steps);
  if (step < warmUp) return (peak * (step + 1)) / warmUp;
  if (drops.length > 0) return peak * 0.1 ** drops.filter((drop) => step >= drop).length;
  const progress = (step - warmUp) / Math.max(steps - warmUp, 1);
  return peak * (FLOOR + (1 - FLOOR) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
