import { writeBytes } from "../src/platform/node/files.js";
import { apiPage } from "./api-page.js";
import { repositoryPath } from "./shared.js";

await writeBytes(repositoryPath("docs", "api", "README.md"), [apiPage()]);
