import { writeSync } from "node:fs";
import { obstacles } from "../src/autodiff/gradients.js";
import { messageOf, UserError } from "../src/errors.js";
import { decodeModel } from "../src/onnx/decode.js";
import { encodeModel } from "../src/onnx/encode.js";
import { Session } from "../src/runtime/session.js";
import { fuzzModels } from "./fuzz-models.js";
import { mutated } from "./mutations.js";

/*
 * Loads the damaged files of a seed from one index up to another, in a process of its own, because what is native may
 * take it down. Each file is a line on standard output before it is tried, and its outcome a line after it.
 */

const [seed, begin, end] = process.argv.slice(2).map(Number) as [number, number, number];
const models = fuzzModels();
const say = (line: string) => writeSync(1, `${line}\n`);

async function load(bytes: Uint8Array): Promise<void> {
  const graph = decodeModel(bytes);
  obstacles(graph, graph.outputs[0]?.name ?? "", [graph.inputs[0]?.name ?? ""]);
  encodeModel(graph);
  const session = await Session.create(graph, { threads: 1 });
  await session.release();
}

for (let index = begin; index < end; index++) {
  say(`try ${index}`);
  try {
    await load(mutated(models, seed, index));
    say("loads");
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
    say(error instanceof UserError ? "refused" : `fails ${JSON.stringify(text)}`);
  }
}
