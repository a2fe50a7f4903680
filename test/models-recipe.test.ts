import assert from "node:assert/strict";
import { test } from "node:test";
import { legible } from "../testing/run-command.js";

test("the recipe of the published models is valid, and RA continues from the weights of plain", async () => {
  const inputs = [
    "--data",
    "a",
    "--data",
    "b",
    "--evaluate",
    "val",
    "--recognizer",
    "r.onnx",
    "--recognizer",
    "s.onnx",
  ];
  const { code, out, err } = await legible(["reproduce", "models/sr-x4-m", "--dry-run", ...inputs]);
  assert.equal(code, 0, err);
  const [start = "", plain = "", ra = "", ...others] = out.trim().split("\n");
  assert.match(start, /--data a --data b .*--objective plain /);
  assert.doesNotMatch(start, /--init/);
  assert.match(plain, /--init \S+\/start\/model\.onnx .*--objective plain --out/);
  assert.match(ra, /--init \S+\/plain-training\/model\.onnx /);
  assert.match(ra, /--recognizer r\.onnx --recognizer s\.onnx /);
  assert.match(ra, /--after shift:\S+ --after resize:\S+ --after jpeg:/);
  const ends = ["export .*--float16", "export .*--float16", "evaluate .*--recognizer r.onnx --recognizer s.onnx"];
  assert.equal(others.length, ends.length);
  for (const [i, end] of ends.entries()) assert.match(others[i] ?? "", new RegExp(`^legible ${end}`));
});
