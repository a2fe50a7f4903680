import assert from "node:assert/strict";
import { test } from "node:test";
import { legible } from "../testing/run-command.js";

const DATA = ["--data", "a", "--data", "b", "--evaluate", "val"];
const RECOGNIZERS = ["--recognizer", "r.onnx", "--recognizer", "s.onnx"];

const ENDS = ["export .*--float16", "export .*--float16", "evaluate .*--recognizer r.onnx --recognizer s.onnx"];

/** A training that continues the one of another stage. */
const continuing = (stage: string): string => `train .*--init \\S+/${stage}/model\\.onnx .*`;

/** Each with the number of trainings before plain's, and the command lines after RA's. */
for (const [recipe, starts, ends] of [
  [
    "sr-x4-m",
    3,
    [
      ...["training", "stronger", "continued", "longer", "long"].map((name) => continuing(`ra-${name}`)),
      "average \\S+/ra-long/model.onnx \\S+/ra-smooth/model.onnx ",
      ...["ra-mean", "ra-mean"].map(continuing),
      "average \\S+/ra-resized/model.onnx \\S+/ra-saved/model.onnx ",
      continuing("mean-of-two"),
      "average \\S+/ra-mean/model.onnx \\S+/ra-resized/model.onnx \\S+/ra-saved/model.onnx ",
      "average \\S+/mean-of-three/model.onnx \\S+/ra-smoother/model.onnx ",
      ...ENDS,
    ],
  ],
  ["sr-x4-s", 0, [continuing("ra-training"), continuing("ra-stronger"), ...ENDS]],
  ["sr-x2-m", 0, ENDS],
  ["sr-x2-s", 0, ENDS],
  ["all-m", 1, ENDS],
  ["denoise-s", 0, ["average .*/ra-training/model.onnx --from .*/plain-training/model.onnx --factor", ...ENDS]],
  ["jpeg-m", 0, [continuing("ra-training"), ...ENDS]],
  ["jpeg-s", 0, [continuing("ra-training"), ...ENDS]],
  [
    "denoise-m",
    0,
    [
      continuing("ra-training"),
      "average .*/ra-continued/model.onnx --from .*/plain-training/model.onnx --factor",
      ...ENDS,
    ],
  ],
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
    assert.equal(others.length, ends.length);
    for (const [i, end] of ends.entries()) assert.match(others[i] ?? "", new RegExp(`^legible ${end}`));
  });
