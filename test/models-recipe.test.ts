import assert from "node:assert/strict";
import { test } from "node:test";
import { legible } from "../testing/run-command.js";

const DATA = ["--data", "a", "--data", "b", "--evaluate", "val"];
const RECOGNIZERS = ["--recognizer", "r.onnx", "--recognizer", "s.onnx"];

for (const [recipe, starts] of [
  ["sr-x4-m", 1],
  ["sr-x4-s", 0],
  ["jpeg-m", 0],
  ["denoise-m", 0],
  ["sr-x2-m", 0],
] as const)
  test(`the recipe of the models ${recipe} is valid, and RA continues from the weights of plain`, async () => {
    const { code, out, err } = await legible(["reproduce", `models/${recipe}`, "--dry-run", ...DATA, ...RECOGNIZERS]);
    assert.equal(code, 0, err);
    const lines = out.trim().split("\n");
    assert.match(lines[0] ?? "", /--data a --data b .*--objective plain /);
    assert.doesNotMatch(lines[0] ?? "", /--init/);
    const [plain = "", ra = "", ...others] = lines.slice(starts);
    if (starts) assert.match(plain, /--init \S+\/start\/model\.onnx .*--objective plain --out/);
    assert.match(ra, /--init \S+\/plain-training\/model\.onnx /);
    assert.match(ra, /--recognizer r\.onnx --recognizer s\.onnx /);
    assert.match(ra, /--after shift:\S+ --after resize:\S+ --after jpeg:/);
    const ends = ["export .*--float16", "export .*--float16", "evaluate .*--recognizer r.onnx --recognizer s.onnx"];
    assert.equal(others.length, ends.length);
    for (const [i, end] of ends.entries()) assert.match(others[i] ?? "", new RegExp(`^legible ${end}`));
  });
