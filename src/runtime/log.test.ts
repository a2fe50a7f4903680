import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** Loads a graph that ONNX Runtime rejects, and runs one that fails, in this thread and in a worker. */
const script = `
import { isMainThread, Worker } from "node:worker_threads";
import { GraphBuilder } from ${JSON.stringify(new URL("../onnx/builder.js", import.meta.url).href)};
import { Session } from ${JSON.stringify(new URL("./session.js", import.meta.url).href)};
const failing = new GraphBuilder("failing");
failing.output("y", failing.Reshape(failing.input("x", ["N"]), [7]));
const session = await Session.create(failing.build());
const x = { type: "float32", shape: [3], data: new Float32Array(3) };
console.log(await session.run({ x }).then(() => "ran", () => "failed"));
const unknown = new GraphBuilder("unknown");
unknown.output("y", unknown.add("Unknown", [unknown.input("x", [1])]));
console.log(await Session.create(unknown.build()).then(() => "loaded", () => "rejected"));
if (isMainThread) await new Promise((resolve) => new Worker(new URL(import.meta.url)).on("exit", resolve));
`;

test("errors of ONNX Runtime are exceptions and write nothing to standard error, also in a worker", () => {
  const url = `data:text/javascript,${encodeURIComponent(script)}`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", `await import(${JSON.stringify(url)})`],
    {
      encoding: "utf8",
    },
  );
  assert.equal(stderr, "");
  assert.deepEqual(stdout.trim().split("\n"), ["failed", "rejected", "failed", "rejected"]);
});
