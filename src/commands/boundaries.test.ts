import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { legible } from "../../testing/run-command.js";
import {
  enlarging,
  temporaryFolder,
  writeClassifier,
  writeFiles,
  writeLabeledImages,
} from "../../testing/workspace.js";
import { GraphBuilder } from "../onnx/builder.js";
import { writeModel } from "../platform/node/models.js";

const SIDE = 32;

/** A folder with labeled images, two classifiers of different input sizes and two processors. */
async function workspace(t: TestContext) {
  const folder = temporaryFolder(t);
  const at = (name: string) => join(folder, name);
  await writeLabeledImages(at("images"), 6, SIDE);
  await writeClassifier(at("one.onnx"), SIDE);
  await writeClassifier(at("other.onnx"), 24, (b, features) => b.Mul(features, features));
  await writeModel(enlarging(4), at("plain.onnx"));
  const b = new GraphBuilder("brighter");
  const given = b.input("image", ["N", 3, "H", "W"]);
  const mode = { mode: { kind: "string", value: "nearest" } } as const;
  b.output("restored", b.Add(b.Resize(given, [1, 1, 4, 4], mode), b.scalar(0.02)), ["N", 3, "H_out", "W_out"]);
  await writeModel(b.build(), at("ra.onnx"));
  const recognizers = ["--recognizer", at("one.onnx"), "--recognizer", at("other.onnx")];
  return { at, recognizers, common: [...recognizers, "--data", at("images"), "--planes", "1", "--grid", "5"] };
}

test("boundaries writes tables and figures of two recognizers, the same files for the same seed", async (t) => {
  const { at, common } = await workspace(t);
  const processors = ["--processor", `plain=${at("plain.onnx")}`, "--processor", `ra=${at("ra.onnx")}`, "--scale", "4"];
  const first = await legible(["boundaries", ...common, ...processors, "--out", at("a")]);
  assert.equal(first.code, 0, first.err);
  assert.match(first.out, /gradient of other/);
  const again = await legible(["boundaries", ...common, ...processors, "--out", at("b")]);
  assert.equal(again.code, 0, again.err);
  const files = readdirSync(at("a")).sort();
  const planes = ["gradient", "triple"].flatMap((kind) => [`planes-${kind}.png`, `planes-${kind}.svg`]);
  assert.deepEqual(files, ["boundaries.json", "boundaries.md", ...planes]);
  for (const file of files)
    assert.deepEqual(readFileSync(join(at("a"), file)), readFileSync(join(at("b"), file)), file);
  const {
    setting,
    images,
    segments,
    planes: maps,
  } = JSON.parse(readFileSync(join(at("a"), "boundaries.json"), "utf8"));
  assert.deepEqual([setting.side, setting.count, images.length, maps.length], [SIDE, 6, 6, 2]);
  assert.equal(segments.length, 2);
  assert.match(maps[0].maps.one[0], /^[01]( [01]){4}$/);
  const svg = readFileSync(join(at("a"), "planes-triple.svg"), "utf8");
  for (const text of ["one", "other", "gray levels", "class 0"]) assert.ok(svg.includes(text), text);
});

/** What an earlier run measured of the recognizers "one" and "other", with a cosine and clean accuracies. */
const measured = {
  recognizers: ["one", "other"].map((recognizer, i) => {
    return { recognizer, top1: 50 + 10 * i, margin: { n: 4, mean: 1, ci95: [0, 2] } };
  }),
  ...{ inter_boundary: [], agreement: [] },
  gradient_cosine: [{ a: "one", b: "other", n: 4, mean: 0.25, ci95: [0.1, 0.4] }],
};

test("gains of a transfer are predicted from an earlier run's measures, without recognizers or data", async (t) => {
  const folder = temporaryFolder(t);
  const at = (name: string) => join(folder, name);
  const gains = (one: number, other: number) => ({ one: { top1: one }, other: { top1: other }, third: { top1: 1 } });
  const points = [
    { source: "one", objective: "ra", gains: gains(5, 2) },
    { source: "other", objective: "ra", gains: gains(1, 6) },
  ];
  const accuracies = (one: number, other: number) => ({ one: { top1: one }, other: { top1: other } });
  const rows = [
    { processor: "none", recognizers: accuracies(1, 2) },
    { processor: "plain", recognizers: accuracies(40, 30) },
    { processor: "clean", recognizers: accuracies(90, 75) },
  ];
  writeFiles(folder, {
    "transfer.json": JSON.stringify({ points, evaluation: { rows } }),
    "boundaries.json": JSON.stringify(measured),
  });
  const given = [
    "boundaries",
    "--measures",
    at("boundaries.json"),
    "--transfer",
    at("transfer.json"),
    "--out",
    at("c"),
  ];
  const { code, out, err } = await legible(given);
  assert.equal(code, 0, err);
  assert.match(out, /cosine of loss gradients +\|[^|]+\| +2 \| +2 \|/);
  const predictions: { measure: string; points: readonly object[] }[] = JSON.parse(
    readFileSync(join(at("c"), "gains.json"), "utf8"),
  );
  const pointsOf = (name: string) => predictions.find(({ measure }) => measure === name)?.points;
  const pair = (other: number, one: number) => [
    { source: "one", target: "other", gain: 2, measure: other },
    { source: "other", target: "one", gain: 1, measure: one },
  ];
  assert.deepEqual(pointsOf("cosine of loss gradients"), pair(0.25, 0.25));
  assert.deepEqual(pointsOf("difference of clean accuracy"), pair(15, 15));
  assert.deepEqual(pointsOf("clean accuracy of the target"), pair(75, 90));
  assert.deepEqual(pointsOf("accuracy of the target on plain's images"), pair(30, 40));
  const refused = await legible([...given, "--data", folder]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /--measures replaces --recognizer and --data/);
});

test("evaluate adds the row of a control whose cost is that of a named processor, and tabulate repeats it", async (t) => {
  const { at, recognizers } = await workspace(t);
  const processors = ["--processor", `plain=${at("plain.onnx")}`, "--processor", `ra=${at("ra.onnx")}`, "--scale", "4"];
  const control = ["--control", "plain", "--control-recognizer", at("one.onnx"), "--control-cost", "0.1"];
  const results = ["--json", at("a.json"), "--predictions", at("a.jsonl")];
  const given = ["evaluate", "--data", at("images"), ...recognizers, ...processors];
  const { code, out, err } = await legible([...given, ...control, ...results]);
  assert.equal(code, 0, err);
  assert.match(out, /control\(one\): .* It uses the labels/);
  const { rows, gains } = JSON.parse(readFileSync(at("a.json"), "utf8"));
  const psnrOf = (name: string) => rows.find((row: { processor: string }) => row.processor === name).psnr;
  assert.ok(Math.abs(psnrOf("plain") - psnrOf("control(one)") - 0.1) < 0.01);
  assert.ok(gains.some((gain: Record<string, unknown>) => gain.processor === "control(one)" && gain.over === "ra"));
  await legible(["tabulate", at("a.jsonl"), "--json", at("b.json")]);
  assert.equal(readFileSync(at("b.json"), "utf8"), readFileSync(at("a.json"), "utf8"));
  const alone = await legible([...given, "--control", "plain"]);
  assert.equal(alone.code, 1);
  assert.match(alone.err, /a control needs --control, --control-recognizer and --control-cost together/);
});
