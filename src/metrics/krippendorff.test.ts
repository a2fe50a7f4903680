import assert from "node:assert/strict";
import { test } from "node:test";
import { krippendorffAlpha } from "./krippendorff.js";

const _ = null;
/** Krippendorff 2011, "Computing Krippendorff's alpha-reliability", example C: four coders (rows), twelve units, missing data. */
const coders = [
  [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
  [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
  [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
  [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
];
const units = Array.from({ length: 12 }, (_none, unit) => coders.map((values) => values[unit] ?? null));

for (const [level, want] of [
  ["nominal", 0.743],
  ["ordinal", 0.815],
  ["interval", 0.849],
] as const)
  test(`α of the published example with four coders is ${want} at ${level} level`, () => {
    const alpha = krippendorffAlpha(units, level) ?? Number.NaN;
    assert.ok(Math.abs(alpha - want) <= 0.001, `${alpha}`);
  });

test("names of nominal values do not matter, and neither does the order of units and coders", () => {
  const renamed = units.map((unit) =>
    unit.map((value) => (value === null ? null : ([0, 90, -4, 7, 2, 1][value] ?? null))),
  );
  assert.equal(krippendorffAlpha(renamed, "nominal"), krippendorffAlpha(units, "nominal"));
  const turned = units.map((unit) => unit.toReversed()).reverse();
  assert.ok(Math.abs((krippendorffAlpha(turned, "ordinal") ?? 0) - (krippendorffAlpha(units, "ordinal") ?? 1)) < 1e-12);
});

test("α is 1 for full agreement and below 0 for systematic disagreement", () => {
  assert.equal(
    krippendorffAlpha(
      [
        [1, 1],
        [2, 2],
        [3, 3, 3],
      ],
      "interval",
    ),
    1,
  );
  assert.ok(
    (krippendorffAlpha(
      [
        [1, 2],
        [1, 2],
        [1, 2],
      ],
      "nominal",
    ) ?? 0) < 0,
  );
});

test("α is not defined without pairs of values, and where all values are equal", () => {
  assert.equal(krippendorffAlpha([], "nominal"), null);
  assert.equal(krippendorffAlpha([[1, null], [2]], "ordinal"), null);
  assert.equal(
    krippendorffAlpha(
      [
        [1, 1],
        [1, 1],
      ],
      "nominal",
    ),
    null,
  );
});
