import { messageOf, UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";

/**
 * Calls `work`, which runs a model. An error of ONNX Runtime becomes one sentence that ends with `hint`.
 * @throws UserError when the runtime fails.
 */
export async function running<T>({ name }: Graph, work: () => Promise<T>, hint = ""): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`ONNX Runtime cannot run ${name}: ${messageOf(error).replace(/\s+/g, " ").trim()}${hint}`);
  }
}
