import assert from "node:assert/strict";
import { test } from "node:test";
import type { EvaluationSetting } from "./evaluation.js";
import type { MeasuredRow } from "./measured-image.js";
import { summarize } from "./summarize.js";
import { evaluationTable } from "./table.js";

const COUNT = 60;
const rows = ["none", "plain", "ra", "clean"];

/** Whether an image is right: by judge, row and image. */
type Hits = (judge: number, row: number, image: number) => boolean;

const predictionOf = (hit: boolean) => ({ kind: "class", ranked: [{ class: hit ? 0 : 1, score: 1 }] }) as const;

/** The evaluation by two judges whose hits are known, without handling and after each. */
function summarized(plain: Hits, after: Readonly<Record<string, Hits>>, seen?: EvaluationSetting["seen"]) {
  const judges = ["a", "b"];
  const rowOf = (row: number, image: number): MeasuredRow => ({
    ...{ psnr: 20, ssim: 0.5, predictions: judges.map((_, judge) => predictionOf(plain(judge, row, image))) },
    handled: Object.values(after).map((hits) => judges.map((_, judge) => predictionOf(hits(judge, row, image)))),
  });
  const setting: EvaluationSetting = {
    ...{ task: "sr", options: {}, scale: 4, protocol: "imagenet", crop_border: 0, seed: 0 },
    ...{ data: { folders: ["val"], count: COUNT, skipped: [] }, after: Object.keys(after), ...(seen && { seen }) },
  };
  const images = Array.from({ length: COUNT }, (_, image) => ({
    ...{ file: `${image}.png`, label: 0, rows: rows.map((_, row) => rowOf(row, image)) },
  }));
  return summarize(setting, { processors: rows, judges, images });
}

/** "ra" is right on 20 images of the first 30 that "plain" is wrong on, "none" on none; all others are wrong. */
const gaining: Hits = (_, row, image) => row === 3 || (row === 2 && image < 20);

const evaluation = summarized(
  gaining,
  {
    "shift:1": gaining,
    "jpeg:1": () => false,
    // Judge a loses the whole gain and judge b keeps it.
    "jpeg:85": (judge, row, image) => judge === 1 && gaining(judge, row, image),
    "resize:0.7": (_, row, image) => row === 2 && image < 5,
    "blur:1": (_, row, image) => row === 1 && image < 20,
  },
  { a: ["ra"] },
);

const gainAfter = (after: string, processor = "ra", over = "plain") => {
  const found = evaluation.survival?.handlings.find((each) => each.after === after);
  const gain = found?.gains.find((each) => each.processor === processor && each.over === over);
  assert.ok(gain);
  return gain;
};

const rounded = (values: readonly (number | null)[] | null | undefined) =>
  values?.map((value) => value && Math.round(value * 1e6) / 1e6);

test("a gain on the same images is left whole, one on none is lost, and the opposite gain is left as -100 %", () => {
  const share = (after: string) => {
    const { left, left_ci95: interval } = gainAfter(after).judges.a ?? {};
    return rounded([left ?? null, ...(interval ?? [null])]);
  };
  assert.deepEqual(share("shift:1"), [100, 100, 100]);
  assert.deepEqual(share("jpeg:1"), [0, 0, 0]);
  assert.deepEqual(share("blur:1"), [-100, -100, -100]);
  assert.deepEqual(rounded([gainAfter("jpeg:1").judges.b?.points ?? null]), [0]);
});

test("images are resampled jointly for all judges: a gain that one of two judges keeps is left by half in every resample", () => {
  const { mean, judges, unseen } = gainAfter("jpeg:85");
  assert.deepEqual(rounded([mean?.left ?? null, ...(mean?.left_ci95 ?? [])]), [50, 50, 50]);
  assert.deepEqual(
    [judges.a?.left, judges.b?.left].map((left) => left && Math.round(left)),
    [0, 100],
  );
  assert.deepEqual(unseen, judges.b);
});

test("the interval of a share of which a quarter of the images is left is that of a binomial proportion", () => {
  // 5 of 20 gained images: resampled, the share is close to a proportion of 20 with standard deviation √(0.25 · 0.75 / 20).
  const { left, left_ci95: interval, points } = gainAfter("resize:0.7").judges.a ?? {};
  assert.ok(interval && left !== undefined && left !== null);
  assert.deepEqual(rounded([left, points ?? null]), [25, rounded([500 / 60])?.[0]]);
  const deviation = 100 * Math.sqrt((0.25 * 0.75) / 20);
  assert.ok(Math.abs((interval[1] - interval[0]) / (2 * 1.96 * deviation) - 1) < 0.1, `${interval}`);
});

test("nothing is left of a gain whose interval includes 0, whatever the gain after a handling", () => {
  const one = summarized((_, row, image) => row === 2 && image < 1, { "shift:1": gaining });
  const gain = one.survival?.handlings[0]?.gains.at(-1)?.judges.a;
  assert.deepEqual([gain?.left, gain?.left_ci95], [null, null]);
  assert.ok(gain && gain.points !== null && gain.points > 30);
  assert.match(evaluationTable(one), /ra over plain, shift:1 +\| +– \| +– \| +– \|/);
});

test("an interval that ends at 0 includes 0: rounding errors of shares do not decide what is left", () => {
  // Three gained images of 60: in 5 % of the resamples there is none of them, so that the 2.5 % quantile is 0.
  const few: Hits = (judge, row, image) => (image >= 30 && image < 43 + judge) || (row === 2 && image < 3);
  const { survival, mean_gains: means } = summarized(few, { "shift:1": few });
  assert.equal(means?.gains.at(-1)?.ci95?.[0], 0);
  const { judges, mean } = survival?.handlings[0]?.gains.at(-1) ?? {};
  assert.deepEqual([judges?.a?.left, judges?.b?.left, mean?.left], [null, null, null]);
});

test("the mean of judges that agree is each judge's gain with the same interval", () => {
  const gain = evaluation.gains.find(({ processor, over }) => processor === "ra" && over === "plain");
  const mean = evaluation.mean_gains?.gains.find(({ processor, over }) => processor === "ra" && over === "plain");
  assert.deepEqual(
    rounded([mean?.points ?? null, ...(mean?.ci95 ?? [])]),
    rounded([gain?.top1 ?? null, ...(gain?.ci95 ?? [])]),
  );
  assert.deepEqual(mean?.unseen, { points: mean?.points, ci95: mean?.ci95 });
  assert.deepEqual([evaluation.mean_gains?.judges, evaluation.mean_gains?.unseen], [["a", "b"], ["b"]]);
});

test("the tables show figures, gains and shares by handling, and mark judges that a processor was trained with", () => {
  const table = evaluationTable(evaluation);
  assert.match(table, /\| processor .*\| a \(R\) \| +b \|/);
  assert.match(table, /\| gain in top-1 \(points, 95 %\) \| .*a \(R\) \| .* b \| +mean \| +mean of unseen \|/);
  assert.match(table, /\| jpeg:85: ra +\| +0\.0 \| +33\.3 \|/);
  assert.match(table, /\| ra over plain, as restored +\| +\+33\.3 /);
  assert.match(table, /\| ra over plain, jpeg:85 +\| +0\.0 \[0\.0, 0\.0\] \| +\+33\.3 /);
  assert.match(table, /\| ra over plain, jpeg:85 +\| +0 \[0, 0\] \| +100 \[100, 100\] \| +50 \[50, 50\] \|/);
  assert.match(table, /\(R\): a processor was trained with it, according to its model card \(a: ra\)\./);
});

test("without handlings nothing is stated about survival", () => {
  const { survival, after } = summarized(gaining, {});
  assert.deepEqual([survival, after], [undefined, []]);
});
