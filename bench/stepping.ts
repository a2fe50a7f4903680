import { int64 } from "../src/onnx/tensor.js";
import type { Session } from "../src/runtime/session.js";
import { adamScalars } from "../src/training/adam.js";
import { LAMBDA } from "../src/training/processor-forward.js";
import { nextState, scalars, type TrainingStep } from "../src/training/step.js";
import { noise } from "./noise.js";

/** Batch size, and the sides of the degraded and clean images, in pixels. */
export interface StepSizes {
  readonly batch: number;
  readonly degraded: number;
  readonly clean: number;
}

/** A function that runs one training step on random images per call. */
export function stepping(
  session: Session,
  { next, state: start }: Pick<TrainingStep, "next" | "state">,
  { batch, degraded, clean }: StepSizes,
): () => Promise<void> {
  const images = { degraded: noise([batch, 3, degraded, degraded]), clean: noise([batch, 3, clean, clean]) };
  const labels = int64(Array.from({ length: batch }, (_, i) => i));
  let [state, t] = [start, 0];
  return async () => {
    const rates = scalars({ ...adamScalars(1e-4, ++t), [LAMBDA]: 1e-3 });
    state = nextState({ next }, await session.run({ ...state, ...images, labels, ...rates }));
  };
}
