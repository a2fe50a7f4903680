#!/usr/bin/env node
import { messageOf } from "../errors.js";

/** Packages with binaries, which an installation may lack. */
const NATIVE = /onnxruntime|sharp/;

try {
  const { run } = await import("./run.js");
  await run(process.argv.slice(2));
} catch (error) {
  const message = messageOf(error);
  const isMissing = NATIVE.test(message) || (error as NodeJS.ErrnoException)?.code === "ERR_DLOPEN_FAILED";
  if (!isMissing) throw error;
  console.error(
    `legible: a native package cannot be loaded: ${message.split("\n")[0]}\n` +
      "         Install again: npm install legible (in a clone: npm ci). Where only the npm registry can be reached, set\n" +
      "         ONNXRUNTIME_NODE_INSTALL=skip in the environment, so that the installation downloads no CUDA libraries.",
  );
  process.exitCode = 1;
}
