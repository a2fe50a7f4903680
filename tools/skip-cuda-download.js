/**
 * Runs before the install scripts of the dependencies (`preinstall`). On Linux x64, onnxruntime-node's own script downloads
 * 300 MB of CUDA libraries from outside the npm registry, and the whole installation fails where only the registry can
 * be reached. The script leaves files alone that exist. So a note is put where each library would go; the CPU and WebGPU
 * libraries come inside the package. The command in the note replaces the notes by the libraries.
 *
 * Does nothing where the user has set ONNXRUNTIME_NODE_INSTALL, and never makes an installation fail.
 */
import { existsSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const NOTE = `Not a library. To install ONNX Runtime's CUDA libraries, with internet access, run:
ONNXRUNTIME_NODE_INSTALL=true npm rebuild onnxruntime-node --ignore-scripts=false
`;
const choices = ["ONNXRUNTIME_NODE_INSTALL", "ONNXRUNTIME_NODE_INSTALL_CUDA"];
const isChosen = choices.some((name) => process.env[name] ?? process.env[`npm_config_${name.toLowerCase()}`]);

try {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve("onnxruntime-node/package.json"));
  const { requirements, manifests } = require(join(folder, "script", "install-metadata.js"));
  const platform = `${process.platform}/${process.arch}`;
  const libraries = (requirements[platform] ?? []).flatMap((name) => Object.keys(manifests[`${platform}:${name}`]));
  for (const library of isChosen ? [] : libraries) {
    const path = join(folder, "bin", "napi-v6", platform, library);
    if (!existsSync(path)) writeFileSync(path, NOTE);
  }
} catch {
  // onnxruntime-node is not there yet, or its script works differently now: its own installation decides.
}
