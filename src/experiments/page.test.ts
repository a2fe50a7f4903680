import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { madeUpEvaluation } from "../../testing/evaluations.js";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { findTask } from "../data/tasks/index.js";
import { findingsOf } from "./findings.js";
import { writePage } from "./page.js";

/** Of a hundred images a recognizer gets `right` of. */
const measured = (processor: string, right: number, decibels: number) => ({
  processor,
  psnr: decibels,
  ssim: 0.5,
  ranks: { net: Array.from({ length: 100 }, (_, i) => (i < right ? 0 : 9)) },
});

const evaluationOf = (...names: string[]) =>
  madeUpEvaluation(findTask("denoise", { sigma: 0.1 }), [
    measured("none", 40, 20),
    ...names.map((name, i) => measured(name, 50 + 10 * i, 25 - i)),
    measured("clean", 80, Number.POSITIVE_INFINITY),
  ]);

/** The page of a recipe whose only stage left these files. */
async function pageOf(folder: string, files: Readonly<Record<string, unknown>>): Promise<string> {
  const stage = { name: "last", command: "evaluate", settings: {}, folder: join(folder, "last"), key: "" };
  const texts = Object.entries(files).map(([name, content]) => [`last/${name}`, JSON.stringify(content)]);
  writeFiles(folder, Object.fromEntries(texts));
  const recipe = { name: "custom", title: "Custom", about: "About.", let: {}, stages: [] };
  const findings = await findingsOf(recipe, [stage], ({ name }) => `legible ${name}`);
  return readFileSync(await writePage(folder, "All", [findings]), "utf8");
}

test("gains are those over plain, and the page states data, count, seed and intervals", async (t) => {
  const folder = temporaryFolder(t);
  const page = await pageOf(folder, { "results.json": evaluationOf("plain", "ra") });
  assert.match(page, /Task denoise, sigma 0\.1, ×1\. 100 images of val; seed 0\. Top-1 in %, with 95 % intervals/);
  assert.match(page, /^\| ra +\| +24\.00 \| 0\.5000 \| 60\.0 \[50\.2, 69\.1\] \|$/m);
  assert.match(page, /^\| ra over plain +\| \+10\.0 \[/m);
  assert.doesNotMatch(page, /over none/);
  assert.ok(page.includes("```\nlegible last\n```"));
  const plot = readFileSync(join(folder, "report-custom-last.svg"), "utf8");
  assert.ok(plot.includes(">ra<") && plot.includes(">none<") && !plot.includes(">clean<"));
});

test("the gains of a sweep are those over its first lambda", async (t) => {
  const folder = temporaryFolder(t);
  const page = await pageOf(folder, { "sweep.json": { points: [], evaluation: evaluationOf("lambda 0", "lambda 1") } });
  assert.match(page, /^\| lambda 1 over lambda 0 +\| \+10\.0 \[/m);
  assert.deepEqual(readdirSync(folder).sort(), ["last", "report-custom-last.svg", "report.json", "report.md"]);
});
