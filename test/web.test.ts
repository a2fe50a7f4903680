import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Env } from "onnxruntime-common";
import { bundle } from "../testing/bundle.js";
import { chromium, firstPost } from "../testing/chromium.js";
import { raLosses } from "../testing/web-training.js";
import { temporaryFolder } from "../testing/workspace.js";

const STEPS = 5;
/** Of each loss: WebAssembly sums in another order than AVX. */
const TOLERANCE = 1e-4;

test("legible/web bundles for a browser, with onnxruntime-web and without a module of Node", async (t) => {
  const { modules, imports, builtins, warnings } = await bundle(
    'export * from "./src/web.js"',
    join(temporaryFolder(t), "web.js"),
  );
  assert.deepEqual(warnings, []);
  assert.deepEqual(imports, []);
  assert.deepEqual(builtins, []);
  assert.deepEqual(
    modules.filter((module) => /platform\/node|runtime\/node|onnxruntime-node|node_modules\/sharp/.test(module)),
    [],
  );
  assert.ok(modules.some((module) => /onnxruntime-web/.test(module)));
});

type Losses = Awaited<ReturnType<typeof raLosses>>;

const training = 'export { raLosses } from "./testing/web-training.js"; export { env } from "onnxruntime-web/wasm";';
const wasm = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");

/** The losses of onnxruntime-node. */
let expected: Promise<Losses> | undefined;

async function assertExpected(got: Losses): Promise<void> {
  expected ??= raLosses(STEPS);
  const want = await expected;
  assert.equal(want.length, STEPS);
  assert.ok((want.at(-1)?.loss as number) < (want[0]?.loss as number), "the training does not lower the loss");
  for (const [i, losses] of want.entries())
    for (const [name, value] of Object.entries(losses)) {
      const error = Math.abs((got[i]?.[name] as number) - value) / Math.abs(value);
      assert.ok(error <= TOLERANCE, `${name} of step ${i + 1}: ${got[i]?.[name]}, by onnxruntime-node ${value}`);
    }
}

test("five RA steps in WebAssembly have the losses of onnxruntime-node within 1e-4", async (t) => {
  const file = join(temporaryFolder(t), "training.mjs");
  await bundle(training, file);
  const web = (await import(pathToFileURL(file).href)) as { raLosses: typeof raLosses; env: Env };
  web.env.wasm.wasmBinary = readFileSync(wasm); // Node's fetch reads no files
  await assertExpected(await web.raLosses(STEPS));
});

/** Without cross-origin isolation, as on most pages. */
const page = `<script type="module">
  const training = import("./training.js").then(({ raLosses }) => raLosses(${STEPS}));
  const result = await training.catch((error) => String(error));
  await fetch("/", { method: "POST", body: JSON.stringify(result) });
</script>`;

const withoutChromium = chromium === undefined && "no Chromium is installed";
test("a page in Chromium has the same losses", { skip: withoutChromium, timeout: 180_000 }, async (t) => {
  const file = join(temporaryFolder(t), "training.mjs");
  await bundle(training, file);
  const posted = await firstPost(t, {
    "/": { type: "text/html", content: page },
    "/training.js": { type: "text/javascript", content: readFileSync(file) },
    "/ort-wasm-simd-threaded.wasm": { type: "application/wasm", content: readFileSync(wasm) },
  });
  const losses = JSON.parse(posted) as Losses | string;
  assert.ok(typeof losses !== "string", `the page failed: ${losses}`);
  await assertExpected(losses);
});
