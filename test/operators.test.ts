import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gaps, operators } from "../src/autodiff/operators.js";
import { rules } from "../src/autodiff/rules/index.js";
import { operatorsTable } from "../testing/operators-table.js";
import { repositoryPath, skipWithoutShared as skip } from "../testing/shared.js";

test("the operator table lists exactly the operators with rules, and no gap has a rule", () => {
  assert.deepEqual(Object.keys(operators).sort(), Object.keys(rules).sort());
  assert.deepEqual(
    gaps.filter((op) => op in rules),
    [],
  );
});

test("OPERATORS.md equals the output of `npm run operators`", { skip }, () => {
  assert.equal(readFileSync(repositoryPath("OPERATORS.md"), "utf8"), operatorsTable());
});
