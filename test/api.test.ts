import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { apiPage, undocumented } from "../testing/api-page.js";
import { repositoryPath } from "../testing/shared.js";

test("everything that the package exports has a doc comment", () => {
  assert.deepEqual(undocumented(), []);
});

test("docs/api/README.md is what `npm run docs` writes", () => {
  assert.equal(readFileSync(repositoryPath("docs", "api", "README.md"), "utf8"), apiPage());
});
