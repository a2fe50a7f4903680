import { messageOf, UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";

/** Does `work`; what the runtime says against the given sizes becomes one sentence, with `hint` behind it. */
export async function running<T>({ name }: Graph, work: () => Promise<T>, hint = ""): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`ONNX Runtime cannot run ${name}: ${messageOf(error).replace(/\s+/g, " ").trim()}${hint}`);
  }
}
