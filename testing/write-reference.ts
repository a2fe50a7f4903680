import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { referenceFiles } from "./reference-files.js";
import { repositoryPath } from "./shared.js";

for (const [path, content] of referenceFiles()) {
  mkdirSync(dirname(repositoryPath(path)), { recursive: true });
  writeFileSync(repositoryPath(path), content);
}
