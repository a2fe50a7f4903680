import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Has V8 give back now what nobody reads any more. By itself it waits until memory is short, and keeps the weights of a
 * recognizer meanwhile beside a training that has them in its session.
 */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}
