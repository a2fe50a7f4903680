import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { referenceFiles } from "../testing/reference-files.js";
import { repositoryPath } from "../testing/shared.js";

test("the reference pages and schemas are those of the commands; `npm run docs` writes them", () => {
  const files = referenceFiles();
  for (const [path, content] of files) assert.equal(readFileSync(repositoryPath(path), "utf8"), content, path);
  const present = ["docs/commands", "schemas"].flatMap((folder) =>
    readdirSync(repositoryPath(folder)).map((name) => `${folder}/${name}`),
  );
  assert.deepEqual(present.sort(), [...files.keys()].sort());
});
