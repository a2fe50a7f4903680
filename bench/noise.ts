import { type Tensor, zeros } from "../src/onnx/tensor.js";
import { randomAt } from "../src/random.js";

/** A float tensor of reproducible random numbers in [0, 1). */
export function noise(shape: readonly number[]): Tensor {
  const tensor = zeros("float32", shape);
  const random = randomAt(0);
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = random.uniform();
  return tensor;
}
