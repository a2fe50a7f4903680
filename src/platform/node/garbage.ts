import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Forces a garbage collection. By itself V8 waits until memory is short, and keeps a recognizer's weights while the session
 * of a training holds them too.
 */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}
