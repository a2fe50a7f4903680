import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { Env } from "onnxruntime-common";
import { raLosses } from "../testing/web-training.js";
import { temporaryFolder } from "../testing/workspace.js";

const STEPS = 5;
/** Of each loss: WebAssembly sums in another order than AVX. */
const TOLERANCE = 1e-4;

/** dist/, which holds the compiled sources. */
const dist = fileURLToPath(new URL("..", import.meta.url));

/** Bundles a module for a browser, without anything in place of Node's modules. */
const bundle = (contents: string, outfile: string) =>
  build({
    stdin: { contents, resolveDir: dist },
    outfile,
    ...{ bundle: true, platform: "browser", format: "esm", metafile: true, logLevel: "silent" },
  });

test("legible/web bundles for a browser, with onnxruntime-web and without a module of Node", async (t) => {
  const { metafile, warnings } = await bundle('export * from "./src/web.js"', join(temporaryFolder(t), "web.js"));
  assert.deepEqual(warnings, []);
  const inputs = Object.keys(metafile.inputs);
  const [imported] = Object.values(metafile.outputs).map(({ imports }) => imports.map(({ path }) => path));
  assert.deepEqual(imported, []);
  assert.deepEqual(
    inputs.filter((input) => /platform\/node|runtime\/node|onnxruntime-node|node_modules\/sharp/.test(input)),
    [],
  );
  assert.ok(inputs.some((input) => /onnxruntime-web/.test(input)));
});

test("five RA steps from a bundle for a browser have the losses of onnxruntime-node within 1e-4", async (t) => {
  const file = join(temporaryFolder(t), "training.js");
  const contents = 'export { raLosses } from "./testing/web-training.js"; export { env } from "onnxruntime-web/wasm";';
  await bundle(contents, file);
  const web = (await import(pathToFileURL(file).href)) as { raLosses: typeof raLosses; env: Env };
  // A page gives the URL of this file; Node cannot fetch from a folder.
  const wasm = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
  web.env.wasm.wasmBinary = readFileSync(wasm);
  const [got, want] = [await web.raLosses(STEPS), await raLosses(STEPS)];
  assert.equal(want.length, STEPS);
  assert.ok((want.at(-1)?.loss as number) < (want[0]?.loss as number), "the training does not lower the loss");
  for (const [i, losses] of want.entries())
    for (const [name, value] of Object.entries(losses)) {
      const error = Math.abs((got[i]?.[name] as number) - value) / Math.abs(value);
      assert.ok(error <= TOLERANCE, `${name} of step ${i + 1}: ${got[i]?.[name]}, by onnxruntime-node ${value}`);
    }
});
