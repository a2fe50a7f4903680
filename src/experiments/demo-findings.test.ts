import assert from "node:assert/strict";
import { test } from "node:test";
import type { Evaluation } from "../evaluation/evaluation.js";
import { conclusion, flippedTable, stripOf } from "./demo-findings.js";

const row = (processor: string, psnr: number | null) => ({ processor, psnr, ssim: 1, recognizers: {} });
const gain = (processor: string, over: string, recognizer: string, top1: number) => ({
  processor,
  over,
  recognizer,
  top1,
  ci95: [top1 - 2, top1 + 2] as [number, number],
});

test("the conclusion is about ra over plain, loss of PSNR and of accuracy included", () => {
  const evaluation: Evaluation = {
    task: "sr",
    options: { scale: 4 },
    scale: 4,
    protocol: "imagenet",
    crop_border: 0,
    data: { folders: [], count: 1, skipped: [] },
    seed: 0,
    rows: [row("none", 20), row("plain", 21.5), row("ra", 21.25), row("clean", null)],
    gains: [
      gain("plain", "none", "r", 40),
      gain("ra", "none", "r", 50),
      gain("ra", "plain", "r", 10),
      gain("ra", "plain", "s", 5),
      gain("ra", "plain", "t", -1),
    ],
    flips: [],
  };
  const text = conclusion(evaluation).replaceAll("\n", " ");
  assert.match(
    text,
    /\+10\.0 points \[\+8\.0, \+12\.0\] \(r\), .*unseen recognizers by \+5\.0 .* \(s\) and -1\.0 points/,
  );
  assert.match(text, /for -0\.25 dB/);
});

test("the predictions of recognizers are printed as class names", () => {
  const image = { width: 1, height: 1, data: new Uint8Array(3) };
  const images = { clean: image, degraded: image, interpolated: image, before: image, after: image };
  const changed = [{ ...images, label: 1, seenBefore: [0, 1], seenAfter: [1, 1] }];
  const lines = flippedTable(changed, [{ name: "r" }, { name: "s" }], ["cat", "dog"]).split("\n");
  assert.deepEqual(
    lines.map((line) => line.trim().split(/ {2,}/)),
    [
      ["class", "r", "s"],
      ["dog", "cat -> dog", "dog -> dog"],
    ],
  );
});

test("the strip has four columns with headings, a row and captions for each image", () => {
  const image = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(200) };
  const images = { clean: image, degraded: image, interpolated: image, before: image, after: image };
  const rows = [1, 0].map((label) => ({ ...images, label, seenBefore: [0, 0], seenAfter: [1, 0] }));
  const { width, height, data } = stripOf(rows, ["cat", "dog"]);
  assert.deepEqual([width, height], [4 * (192 + 8) + 8, 8 + 24 + 2 * (192 + 8 + 24)]);
  /** Whether each column has black pixels, those of letters, between two lines. */
  const lettered = (top: number) =>
    [0, 1, 2, 3].map((column) => {
      const left = 8 + column * 200;
      return Array.from({ length: 16 }, (_, y) =>
        data.subarray(3 * ((top + y) * width + left)).subarray(0, 3 * 192),
      ).some((line) => line.includes(0));
    });
  assert.deepEqual(lettered(8), [true, true, true, true]);
  for (const row of [0, 1]) assert.deepEqual(lettered(32 + row * 224 + 200), [false, true, true, true]);
});
