import { mkdir } from "node:fs/promises";
import { encodeImage } from "../src/platform/node/codec.js";
import { writeBytes } from "../src/platform/node/files.js";
import { modelsPage } from "./models-page.js";
import { modelsPicture } from "./models-picture.js";
import { repositoryPath } from "./shared.js";

await writeBytes(repositoryPath("models/README.md"), [await modelsPage(repositoryPath())]);
await mkdir(repositoryPath("docs/images"), { recursive: true });
await encodeImage(
  await modelsPicture(repositoryPath("models/sr-x4-m-ra.onnx")),
  repositoryPath("docs/images/enhance.png"),
);
