import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { legible } from "../../testing/run-command.js";
import { writeColorClassifier } from "../../testing/stand-ins.js";
import { legibleProcess, temporaryFolder } from "../../testing/workspace.js";

test("a stand-in prints its address and ends with exit code 0 on SIGTERM and SIGINT", async (t) => {
  const judge = join(temporaryFolder(t), "colors.onnx");
  await writeColorClassifier(judge);
  const when = /Ctrl-C stops it/;
  const [text, json] = await Promise.all([
    legibleProcess(["stand-in", "google", "--judge", judge, "--faults", "0.5", "--fault", "429", "--fault", "500"], {
      signal: "SIGTERM",
      when,
    }),
    legibleProcess(["stand-in", "aws", "--judge", judge, "--json"], { signal: "SIGINT", when }),
  ]);
  assert.match(text.out, /^listening on http:\/\/127\.0\.0\.1:\d+\n$/);
  const { url, ...others } = JSON.parse(json.out) as { url: string };
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.deepEqual(others, { vendor: "aws", judge });
  assert.deepEqual([text.code, json.code], [0, 0]);
});

for (const [words, message] of [
  [["yahoo", "--judge", "a.onnx"], /vendor/],
  [["google"], /--judge is required|required option/],
  [["google", "--judge", "missing.onnx"], /missing\.onnx.*no such file/],
  [["google", "--judge", "a.onnx", "--faults", "2"], /--faults must be at most 1/],
  [["google", "--judge", "a.onnx", "--fault", "fire"], /--fault/],
  [["google", "--judge", "a.onnx", "--port", "70000"], /--port must be at most 65535/],
] as const)
  test(`legible stand-in ${words.join(" ")} is an error of one sentence`, async () => {
    const { code, err } = await legible(["stand-in", ...words]);
    assert.equal(code, 1);
    assert.match(err, message);
    assert.equal(err.trim().split("\n").length, 1, err);
  });
