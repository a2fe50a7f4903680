import assert from "node:assert/strict";
import { test } from "node:test";
import type { Evaluation } from "../evaluation/evaluation.js";
import { conclusion, flippedTable } from "./demo-findings.js";

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
