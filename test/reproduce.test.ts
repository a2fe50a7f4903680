import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { legible } from "../testing/run-command.js";
import {
  legibleProcess,
  temporaryFolder,
  writeClassifier,
  writeFiles,
  writeLabeledImages,
} from "../testing/workspace.js";

/** Two trainings and their evaluation. The second training is long enough to be interrupted. */
const recipe = (steps: number): string =>
  JSON.stringify({
    title: "Tiny",
    about: "Two trainings.",
    let: { training: { scale: 2, processor: "compact-s", data: "{data}", batch: 2, crop: 32, seed: 3 } },
    stages: [
      { name: "plain", command: "train", use: ["training"], settings: { steps: 4 } },
      {
        name: "ra",
        command: "train",
        use: ["training"],
        settings: { steps, objective: "ra", recognizer: "{recognizer}" },
      },
      {
        name: "evaluation",
        command: "evaluate",
        settings: {
          scale: 2,
          data: "{evaluate}",
          processor: ["plain={plain}/model.onnx", "ra={ra}/model.onnx"],
          recognizer: ["{recognizer}", "{judge}"],
        },
      },
    ],
  });

async function writeInputs(folder: string) {
  const at = (name: string): string => join(folder, name);
  await writeLabeledImages(at("train-data"), 8, 48);
  await writeLabeledImages(at("held-out"), 6, 48, 8);
  await writeClassifier(at("r.onnx"), 32);
  await writeClassifier(at("other.onnx"), 32, (b, x) => b.Sigmoid(x));
  writeFiles(folder, { "tiny.json": recipe(60) });
  const inputs = ["--data", at("train-data"), "--evaluate", at("held-out"), "--recognizer", at("r.onnx")];
  return { at, command: ["reproduce", at("tiny.json"), ...inputs, "--judge", at("other.onnx"), "--out", at("out")] };
}

test("an interrupted recipe resumes, writes one report, repeats no finished stage, and reruns changed ones", async (t) => {
  const { at, command } = await writeInputs(temporaryFolder(t));
  const read = (...parts: string[]): string => readFileSync(at(join("out", ...parts)), "utf8");
  const interrupted = await legibleProcess(command, { signal: "SIGINT", when: /tiny: ra .*"step":50/s });
  assert.equal(interrupted.code, 130, interrupted.err);
  assert.match(interrupted.err, /interrupted; rerun the command to resume/);
  assert.ok(!existsSync(at("out/report.md")));

  const { code, out, err } = await legible(command);
  assert.equal(code, 0, err);
  assert.match(
    err,
    /tiny: plain \(1 of 3\) is complete\ntiny: ra \(2 of 3\)\n\$ legible train .*steps +5\d of 60 done/s,
  );
  assert.ok(out.includes(`results: ${at("out/report.md")}`));
  const page = read("report.md");
  assert.match(page, /6 images of .*held-out; seed 0\. Top-1 in %, with 95 % intervals/);
  assert.match(page, /^\| ra +\| +\d+\.\d\d \| +0\.\d+ \| +[\d.]+ \[[\d.]+, [\d.]+\] \|/m);
  assert.match(page, /^\| ra over plain +\| +[-+]?[\d.]+ \[/m);
  assert.doesNotMatch(page, /over none/);
  assert.match(page, /^\| ra +\| ra, λ 0\.001, compact-s \| +8 \| +60 \| +2 \| +32 \| +0\.0005 \| +3 \|$/m);
  assert.match(page, /^\| ra +\| `[0-9a-f]{64}` \| `[0-9a-f]{64}` \|$/m);
  assert.ok(/legible train --scale 2 .*--processor compact-s --steps 60 /.test(page));
  assert.ok(page.includes("](report-tiny-evaluation.svg)"));
  assert.equal((await sharp(at("out/report-tiny-evaluation.svg")).metadata()).format, "svg");
  const { recipes } = JSON.parse(read("report.json"));
  assert.deepEqual(Object.keys(recipes[0].evaluations[0].evaluation.rows[0].recognizers), ["r", "other"]);

  const again = await legible(command);
  assert.equal(again.code, 0, again.err);
  assert.equal(again.err.match(/is complete$/gm)?.length, 3);
  assert.doesNotMatch(again.err, /training|evaluating/);
  assert.equal(read("report.md"), page);

  writeFiles(at("."), { "tiny.json": recipe(6) });
  const changed = await legible(command);
  assert.equal(changed.code, 0, changed.err);
  assert.match(
    changed.err,
    /plain \(1 of 3\) is complete\n.*ra .*: its settings have changed; its earlier results are kept in .*ra\.earlier-1/,
  );
  assert.match(
    changed.err,
    /evaluation .*: its settings have changed; its earlier results are kept in .*evaluation\.earlier-1/,
  );
  assert.ok(existsSync(at("out/ra.earlier-1/model.onnx")));
  assert.match(read("report.md"), /^\| ra +\| ra, .* \| +8 \| +6 \|/m);
});

test("errors in a recipe are reported before any training", async (t) => {
  const { at, command } = await writeInputs(temporaryFolder(t));
  writeFiles(at("."), {
    "tiny.json": recipe(6).replace('"recognizer":["{recognizer}"', '"recogniser":["{recognizer}"'),
  });
  const refused = await legible(command);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /the stage evaluation is not valid: .*there is no setting `recogniser`/);
  assert.ok(!existsSync(at("out")));
  const missing = await legible(["reproduce", "small/sr", "--data", at("train-data"), "--out", at("out")]);
  assert.match(missing.err, /the recipe sr needs --recognizer, for "ra"/);
});

test("a stage with a setting that reproduce adds is refused, also where it is shared", async (t) => {
  const folder = temporaryFolder(t);
  const own = { stages: [{ name: "one", command: "train", settings: { data: "d", out: "elsewhere" } }] };
  const shared = {
    let: { kept: { resume: false } },
    stages: [{ name: "one", command: "train", use: ["kept"], settings: { data: "d" } }],
  };
  const output = { stages: [{ name: "one", command: "synthesize", settings: { output: "elsewhere" } }] };
  for (const [key, content] of Object.entries({ out: own, resume: shared, output })) {
    writeFiles(folder, { "own.json": JSON.stringify({ title: "T", about: "A", ...content }) });
    const { code, err } = await legible(["reproduce", join(folder, "own.json"), "--dry-run"]);
    assert.equal(code, 1);
    assert.match(
      err,
      new RegExp(`the stage one is not valid: it has the setting "${key}", which reproduce adds itself`),
    );
  }
});

test("a dry run prints the commands of all recipes in a folder, with one output folder per recipe", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "a.json": recipe(6), "b.json": recipe(7) });
  const { code, out } = await legible(["reproduce", folder, "--dry-run", "--data", "my photos", "--out", "o"]);
  assert.equal(code, 0);
  const lines = out.trim().split("\n");
  assert.equal(lines.length, 6);
  assert.match(lines[0] ?? "", /^legible train --scale 2 .*--data 'my photos' .*--out o\/a\/plain --resume$/);
  assert.match(lines[4] ?? "", /--recognizer \{recognizer\} --out o\/b\/ra --resume$/);
});
