import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sharedPath, skipWithoutShared } from "../../../testing/shared.js";
import type { DetectionProblem } from "./boxes.js";
import { cocoAveragePrecision } from "./coco.js";
import { meanPrecisionOf } from "./intervals.js";
import { vocAveragePrecision } from "./voc.js";

type Corners = readonly [number, number, number, number];

/** A problem of `shared/reference/detection/cases.json`, with the devkit's and pycocotools' answers. */
interface Case {
  readonly images: number;
  readonly truth: readonly { image: number; cls: number; box: Corners; difficult: boolean }[];
  readonly found: readonly { image: number; cls: number; box: Corners; score: number }[];
  readonly voc: Readonly<Record<string, { ap11: number; area: number; positives: number } | null>>;
  readonly coco: Readonly<Record<"AP" | "AP50" | "APsmall" | "AR1", number>>;
}

const cases = (): Case[] => JSON.parse(readFileSync(sharedPath("reference/detection/cases.json"), "utf8"));

const sides = ([left, top, right, bottom]: Corners) => ({ left, top, right, bottom });

const problemOf = ({ images, truth, found }: Case): DetectionProblem => ({
  images,
  truth: truth.map(({ image, cls, box, difficult }) => ({ image, class: cls, ...sides(box), difficult })),
  found: found.map(({ image, cls, box, score }) => ({ image, class: cls, ...sides(box), score })),
});

const assertClose = (actual: number | null | undefined, expected: number, what: string) =>
  assert.ok(typeof actual === "number" && Math.abs(actual - expected) <= 1e-9, `${what}: ${actual} is not ${expected}`);

test("VOC average precision equals the devkit's in every reference case", { skip: skipWithoutShared }, () => {
  for (const [index, each] of cases().entries()) {
    const figures = vocAveragePrecision(problemOf(each), { inclusive: true });
    for (const [name, expected] of Object.entries(each.voc)) {
      const actual = figures.classes.get(Number(name));
      if (expected === null) {
        assert.equal(actual?.ap ?? null, null, `case ${index}, class ${name}`);
        continue;
      }
      assertClose(actual?.ap11, expected.ap11, `case ${index}, class ${name}, ap11`);
      assertClose(actual?.ap, expected.area, `case ${index}, class ${name}, area`);
      assert.equal(actual?.positives, expected.positives);
    }
  }
});

test("COCO's figures equal pycocotools' in every reference case", { skip: skipWithoutShared }, () => {
  for (const [index, each] of cases().entries()) {
    const problem = problemOf(each);
    const figures = cocoAveragePrecision(problem);
    for (const [name, expected] of Object.entries(each.coco))
      assertClose(figures[name as keyof Case["coco"]], expected, `case ${index}, ${name}`);
    assertClose(meanPrecisionOf(problem, { figure: "AP" })(), each.coco.AP, `case ${index}, AP of presorted matches`);
  }
});
