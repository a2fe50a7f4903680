import { writeSync } from "node:fs";
import { obstacles } from "../src/autodiff/gradients.js";
import { messageOf, UserError } from "../src/errors.js";
import { decodeModel } from "../src/onnx/decode.js";
import { encodeModel } from "../src/onnx/encode.js";
import { Session } from "../src/runtime/session.js";
import { fuzzModels } from "./fuzz-models.js";
import { mutated } from "./mutations.js";

/*
 * Loads the corrupted files `begin` to `end` - 1 of a seed. It runs in a separate process because native code can crash.
 * For each file it prints "try INDEX" before loading, then "loads", "refused" or "fails STACK".
 */

const [seed, begin, end] = process.argv.slice(2).map(Number) as [number, number, number];
const models = fuzzModels();
const print = (line: string) => writeSync(1, `${line}\n`);

async function load(bytes: Uint8Array): Promise<void> {
  const graph = decodeModel(bytes);
  obstacles(graph, graph.outputs[0]?.name ?? "", [graph.inputs[0]?.name ?? ""]);
  encodeModel(graph);
  const session = await Session.create(graph, { threads: 1 });
  await session.release();
}

for (let index = begin; index < end; index++) {
  print(`try ${index}`);
  try {
    await load(mutated(models, seed, index));
    print("loads");
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
    print(error instanceof UserError ? "refused" : `fails ${JSON.stringify(text)}`);
  }
}
