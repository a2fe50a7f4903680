import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gaps, operators, opsets } from "../src/autodiff/operators.js";
import { rules } from "../src/autodiff/rules/index.js";
import { operatorsTable } from "../testing/operators-table.js";
import { repositoryPath, skipWithoutShared as skip } from "../testing/shared.js";

test("the table of operators lists every rule with its opset, and no operator without a gradient has a rule", () => {
  assert.deepEqual(Object.keys(operators), Object.keys(rules).sort());
  assert.deepEqual([...opsets.keys()].sort(), Object.keys(rules).sort());
  assert.deepEqual(
    gaps.filter((op) => op in rules),
    [],
  );
});

test("OPERATORS.md equals the output of `npm run operators`", { skip }, () => {
  assert.equal(readFileSync(repositoryPath("OPERATORS.md"), "utf8"), operatorsTable());
});
