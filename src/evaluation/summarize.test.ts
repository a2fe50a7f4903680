import assert from "node:assert/strict";
import { test } from "node:test";
import { madeUpEvaluation } from "../../testing/evaluations.js";
import { findTask } from "../data/tasks/index.js";
import { summarize } from "./summarize.js";
import { evaluationTable } from "./table.js";

/** A hundred images: of the first `right` the true class is first, of the next ten it is among the first five. */
const measured = (processor: string, right: number, decibels: number) => ({
  processor,
  psnr: decibels,
  ssim: 0.5,
  ranks: { net: Array.from({ length: 100 }, (_, i) => (i < right ? 0 : i < right + 10 ? 4 : 5)) },
});

const rows = [
  measured("none", 40, 20),
  measured("plain", 50, 25.125),
  measured("ra", 60, 25),
  measured("clean", 80, Number.POSITIVE_INFINITY),
];
const evaluation = madeUpEvaluation(findTask("sr"), rows);

test("accuracies are percentages with Wilson's interval; an infinite PSNR is null", () => {
  const [none, , , clean] = evaluation.rows;
  const { top1, top5, top1_ci95: interval = [0, 0] } = none?.recognizers.net ?? {};
  assert.deepEqual([top1, top5], [40, 50]);
  // By hand: (0.4 + z²/200 ± z √(0.24/100 + z²/40000)) / (1 + z²/100) with z = 1.95996.
  assert.deepEqual(
    interval.map((bound) => bound.toFixed(2)),
    ["30.94", "49.80"],
  );
  assert.equal(none?.psnr, 20);
  assert.equal(clean?.psnr, null);
});

test("every processor is compared with none and with each before it, and 10 images of 100 are a sure gain", () => {
  assert.deepEqual(
    evaluation.gains.map(({ processor, over, top1 }) => [processor, over, Math.round(top1)]),
    [
      ["plain", "none", 10],
      ["ra", "none", 20],
      ["ra", "plain", 10],
    ],
  );
  for (const { top1, ci95 } of evaluation.gains) assert.ok(ci95[0] > 0 && ci95[0] < top1 && top1 < ci95[1]);
});

test("flips count the images right in only one of two rows, with McNemar's p", () => {
  // The first 30 images change to wrong, the last 12 to right: statsmodels 0.15.0, mcnemar([[.., 30], [12, ..]], exact=False)
  const hits = (from: number, to: number) => Array.from({ length: 100 }, (_, i) => (i >= from && i < to ? 0 : 9));
  const row = (processor: string, ranks: number[]) => ({ processor, psnr: 20, ssim: 0.5, ranks: { net: ranks } });
  const { flips } = madeUpEvaluation(findTask("sr"), [
    row("none", hits(0, 50)),
    row("plain", hits(0, 88)),
    row("ra", hits(30, 100)),
    row("clean", hits(0, 100)),
  ]);
  assert.deepEqual(
    flips.map(({ processor, over, harmful, helpful }) => [processor, over, harmful, helpful]),
    [
      ["plain", "none", 0, 38],
      ["ra", "none", 30, 50],
      ["ra", "plain", 30, 12],
    ],
  );
  assert.ok(Math.abs((flips[2]?.p ?? 0) - 0.008711912962379598) < 1e-12);
});

test("the table shows the same numbers in columns that line up", () => {
  const table = evaluationTable(evaluation);
  const [header, , none, plain, , clean] = table.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  assert.deepEqual(header, ["", "processor", "PSNR (dB)", "SSIM", "net", ""]);
  assert.deepEqual(none, ["", "none", "20.00", "0.5000", "40.0", ""]);
  assert.deepEqual(plain?.slice(1, 3), ["plain", "25.13"]);
  assert.deepEqual(clean?.slice(1, 3), ["clean", "∞"]);
  assert.match(table, /ra over plain +\| +\+10\.0 \[\+\d+\.\d, \+\d+\.\d\] \|/);
  // 10 discordant pairs to one side: exact p = 2 / 2^10.
  assert.match(table, /McNemar's p\) +\| +net \|\n.*\n\| ra over plain +\| \+10 -0, p 0\.002 \|$/);
  for (const block of table.split("\n\n")) assert.equal(new Set(block.split("\n").map((line) => line.length)).size, 1);
});

test("an image that equals the clean one counts with 60 dB, so that the mean is finite, and is counted", () => {
  const none = { kind: "class", ranked: [] } as const;
  const image = (file: string, ...psnrs: number[]) => ({
    file,
    label: null,
    rows: psnrs.map((psnr) => ({ psnr, ssim: 1, psnr_y: psnr, ssim_y: 1, predictions: [none] })),
  });
  const infinite = Number.POSITIVE_INFINITY;
  const { rows: found, ...rest } = summarize(
    { ...evaluation, protocol: "full" },
    {
      processors: ["none", "plain", "near", "clean"],
      judges: [],
      images: [image("flat.png", infinite, 50, 90, infinite), image("b.png", 20, 26, 30, infinite)],
    },
  );
  assert.deepEqual(
    found.map(({ processor, psnr, psnr_y, exact }) => [processor, psnr, psnr_y, exact]),
    [
      ["none", 40, 40, 1],
      ["plain", 38, 38, undefined],
      ["near", 45, 45, undefined], // 90 dB is limited as well: an equal image never counts less than another
      ["clean", null, null, undefined],
    ],
  );
  const table = evaluationTable({ ...rest, rows: found });
  assert.match(
    table,
    /^Images equal to the clean ones: none 1\. In the mean PSNR an image counts with at most 60 dB\.$/m,
  );
  assert.doesNotMatch(evaluationTable(evaluation), /equal to the clean/);
});
