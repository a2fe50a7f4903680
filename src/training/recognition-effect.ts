import { UserError } from "../errors.js";
import type { Tensor } from "../onnx/tensor.js";
import type { Session, Tensors } from "../runtime/session.js";
import { momentsOf } from "./adam.js";
import { LAMBDA } from "./processor-forward.js";
import { scalars, type TrainingStep } from "./step.js";

/**
 * Checks that the recognition loss has a gradient: a step with another λ must give other first moments. It takes one more
 * step, and another if the gradient may have been lost in rounding; nothing of these is kept.
 * @param feeds the inputs of the step.
 * @param results its outputs.
 * @param names the recognizers, for the message.
 * @throws UserError when the gradient of the recognition loss is zero in every weight.
 */
export async function requireRecognitionEffect(
  { session, step }: { session: Session; step: Pick<TrainingStep, "next" | "parameters"> },
  feeds: Tensors,
  results: Tensors,
  names: readonly string[],
): Promise<void> {
  const moments = step.parameters.map((parameter) => step.next.get(momentsOf(parameter).first) as string);
  const at = (lambda: number) => session.run({ ...feeds, ...scalars({ [LAMBDA]: lambda }) }, moments);
  const without = await at(0);
  const isEffective = (tensors: Tensors) =>
    moments.some((name) => differ(tensors[name] as Tensor, without[name] as Tensor));
  if (isEffective(results) || isEffective(await at(1))) return;
  throw new UserError(
    `cannot train with ${names.join(", ")}: in the first step, the gradient of the recognition loss is zero in every ` +
      "weight, so that the recognizer has no effect. Its outputs may be saturated or constant: check `range`, `mean` and " +
      "`std` of its input, and `output`",
  );
}

const differ = (one: Tensor, other: Tensor): boolean =>
  (one.data as Float32Array).some((value, i) => value !== other.data[i]);
