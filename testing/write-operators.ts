import { writeBytes } from "../src/platform/node/files.js";
import { operatorsTable } from "./operators-table.js";
import { repositoryPath } from "./shared.js";

await writeBytes(repositoryPath("OPERATORS.md"), [operatorsTable()]);
