import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { histogram } from "./histogram.js";
import { intervalPlot } from "./interval-plot.js";

const plot = (rows: Parameters<typeof intervalPlot>[0]["rows"]) =>
  intervalPlot({
    ...{ title: "<b>&", x: "share", range: [0, 1] as const, reference: 0.5, rows },
    format: (value) => value.toFixed(2),
  });

/** The centers of the circles, in pixels. */
const circles = (svg: string) => [...svg.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) => Number(x));

test("points and ends of intervals are at the place of their values on the axis, and values outside at its ends", () => {
  const svg = plot([
    { label: "a", value: 0, low: 0, high: 0.5 },
    { label: "b", value: 1 },
    { label: "c", value: 0.5, low: null, high: null },
    { label: "d", value: 7 },
  ]);
  const [zero = 0, one = 0, half = 0, outside = 0] = circles(svg);
  assert.ok(Math.abs(half - (zero + one) / 2) < 0.2, `${zero} ${half} ${one}`);
  assert.equal(outside, one);
  const bars = [...svg.matchAll(/<line x1="([\d.]+)" y1="[\d.]+" x2="([\d.]+)" [^>]*class="mark"/g)];
  assert.deepEqual(
    bars.map(([, x1, x2]) => [Number(x1), Number(x2)]),
    [[zero, half]],
  );
});

test("a renderer accepts both plots, with markup in names, many rows and without values", async () => {
  const many = Array.from({ length: 60 }, (_, i) => ({ label: `"<script>${"x".repeat(50)}`, value: i / 60 }));
  for (const svg of [
    plot(many),
    plot([]),
    histogram({ title: "'<i>", x: "seconds", values: [], most: 1 }),
    histogram({ title: "times", x: "seconds", values: [0, 0.5, 99], most: 1 }),
  ]) {
    assert.doesNotMatch(svg, /<script|<i>|<b>|NaN/);
    const { data } = await sharp(Buffer.from(svg)).raw().toBuffer({ resolveWithObject: true });
    assert.ok(data.some((value) => value > 0));
  }
});

test("bars of a histogram are as high as their counts; larger values are in the last bar", () => {
  const svg = histogram({ title: "times", x: "seconds", values: [0.1, 0.1, 0.1, 0.1, 0.6, 0.6, 5], most: 1 });
  const heights = [...svg.matchAll(/height="([\d.]+)"\/>/g)].map(([, height]) => Number(height));
  const [most = 0] = heights.toSorted((a, b) => b - a);
  assert.deepEqual(
    heights.map((height) => Math.round((4 * height) / most)).filter((count) => count > 0),
    [4, 2, 1],
  );
  assert.equal(Math.round((4 * (heights.at(-1) ?? 0)) / most), 1);
});
