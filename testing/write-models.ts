import { writeBytes } from "../src/platform/node/files.js";
import { modelsPage } from "./models-page.js";
import { repositoryPath } from "./shared.js";

await writeBytes(repositoryPath("models/README.md"), [await modelsPage(repositoryPath())]);
