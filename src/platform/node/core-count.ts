import { availableParallelism } from "node:os";
import { UserError } from "../../errors.js";

/** Overrides the number of cores: where several processes share a machine, or a container gets a part of one. */
const VARIABLE = "LEGIBLE_THREADS";

/**
 * The cores for the operators of ONNX Runtime and for worker threads: LEGIBLE_THREADS, or all on which the process may run.
 * @throws UserError when the variable is not a whole number from 1 to 1024.
 */
export function coreCount(): number {
  const text = process.env[VARIABLE];
  if (text === undefined || text === "") return availableParallelism();
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1024) return count;
  throw new UserError(`${VARIABLE} must be a whole number from 1 to 1024, not "${text}"`);
}
