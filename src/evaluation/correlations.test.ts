import assert from "node:assert/strict";
import { test } from "node:test";
import { madeUpEvaluation } from "../../testing/evaluations.js";
import { findTask } from "../data/tasks/index.js";
import { evaluationTable } from "./table.js";

const row = (processor: string, psnr: number, ...accuracies: readonly number[]) => ({
  ...{ processor, psnr, ssim: 0.5 },
  ranks: Object.fromEntries(
    accuracies.map((right, judge) => [`net${judge}`, Array.from({ length: 100 }, (_, i) => (i < right ? 0 : 6))]),
  ),
});
const processors = [
  row("p1", 25, 50, 30),
  row("p2", 24.5, 60, 30),
  row("p3", 24, 55, 45),
  row("p4", 23, 70, 35),
  row("p5", 26, 40, 50),
];
const [none, clean] = [row("none", 10, 99, 1), row("clean", Number.POSITIVE_INFINITY, 100, 100)];

test("the correlations of PSNR and accuracy over the processors equal scipy's, by judge and for the mean", () => {
  const { correlation, ...others } = madeUpEvaluation(findTask("sr"), [none, ...processors, clean]);
  // scipy 1.17.1: pearsonr, spearmanr of psnr and each judge's top-1, and their mean.
  const want = {
    net0: [-0.9500000000000001, -0.8999999999999998],
    net1: [0.3692744729379982, 0.15389675281277312],
    mean: [-0.7456011350793257, -0.8207826816681233],
  };
  assert.equal(correlation?.processors, 5);
  for (const [name, [pearson = 0, spearman = 0]] of Object.entries(want)) {
    const found = name === "mean" ? correlation.mean : correlation.judges[name];
    assert.ok(Math.abs((found?.pearson ?? 9) - pearson) < 1e-9, `${name}: ${found?.pearson}`);
    assert.ok(Math.abs((found?.spearman ?? 9) - spearman) < 1e-9, `${name}: ${found?.spearman}`);
  }
  const line = /Correlation of PSNR and accuracy over 5 processors \(Pearson, Spearman\): net0 -0\.\d\d, -0\.90; net1 /;
  assert.match(evaluationTable({ ...others, correlation }), line);
});

test("three processors have no correlation", () => {
  const { correlation } = madeUpEvaluation(findTask("sr"), [none, ...processors.slice(0, 3), clean]);
  assert.equal(correlation, undefined);
});
