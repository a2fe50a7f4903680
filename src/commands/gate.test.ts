import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { residualProcessor } from "../../testing/processors.js";
import { runCommand } from "../../testing/run-command.js";
import { temporaryFolder, writeClassifier, writeLabeledImages } from "../../testing/workspace.js";
import { Gate } from "../gate/gate.js";
import { writeModel } from "../platform/node/models.js";
import { evaluate } from "./evaluate.js";
import { gate } from "./gate.js";
import { tabulate } from "./tabulate.js";

test("a gate is fitted on two degradations of the same images, and with too few it skips every image, in tables and in results", async (t) => {
  const folder = temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  await writeLabeledImages(at("images"), 9, 48);
  await writeClassifier(at("r.onnx"), 48);
  await writeModel(residualProcessor(1, 0.2), at("p.onnx"));
  const data = ["--task", "denoise", "--data", at("images"), "--processor", at("p.onnx"), "--recognizer", at("r.onnx")];
  const evaluated = (sigma: number, ...args: string[]) =>
    runCommand(evaluate, ...data, "--sigma", String(sigma), ...args);
  for (const sigma of [0.02, 0.1]) await evaluated(sigma, "--predictions", at(`${sigma}.jsonl`));
  const fitted = await runCommand(gate, at("0.02.jsonl"), at("0.1.jsonl"), "-o", at("gate.json"), "--alpha", "0.07");
  assert.match(fitted.err, /gate of p: score fitted on 3 photographs, calibrated on 6/);
  for (const row of ["denoise sigma 0.02", "denoise sigma 0.1 ", "all"])
    assert.match(fitted.out, new RegExp(`^\\| ${row} +\\| +0\\.0 \\| +\\|`, "m"));
  assert.match(fitted.out, /No threshold could be certified for a risk of 7 % with probability 0\.9 on 6 photographs/);
  const written = Gate.parse(JSON.parse(readFileSync(at("gate.json"), "utf8")));
  assert.deepEqual(
    [written.threshold, written.images, written.pool.map(({ options, images }) => [options.sigma, images])],
    [
      null,
      { fitting: 6, calibration: 12 },
      [
        [0.02, 9],
        [0.1, 9],
      ],
    ],
  );
  const files = ["--predictions", at("with.jsonl"), "--json", at("with.json")];
  const { out } = await evaluated(0.1, "--gate", at("gate.json"), ...files);
  assert.match(out, /^\| p with gate \| +0\.0 \| +\| 7 % with probability 0\.9 \|/m);
  const [none, , gated] = JSON.parse(readFileSync(at("with.json"), "utf8")).rows;
  assert.deepEqual({ ...gated, processor: "none" }, none);
  assert.equal((await runCommand(tabulate, at("with.jsonl"), "--json", at("again.json"))).out, out);
  assert.deepEqual(
    JSON.parse(readFileSync(at("again.json"), "utf8")),
    JSON.parse(readFileSync(at("with.json"), "utf8")),
  );
});

test("a limit of 0 or 1 is refused, and a gate does not replace its predictions", async () => {
  await assert.rejects(
    runCommand(gate, "a.jsonl", "-o", "g.json", "--alpha", "0"),
    /--alpha must be above 0, and is 0/,
  );
  await assert.rejects(
    runCommand(gate, "a.jsonl", "-o", "g.json", "--delta", "1"),
    /--delta must be below 1, and is 1/,
  );
  await assert.rejects(runCommand(gate, "a.jsonl", "-o", "a.jsonl"), /a\.jsonl/);
  await assert.rejects(runCommand(gate, "none.jsonl", "-o", "g.json"), /cannot read the predictions none\.jsonl/);
});
