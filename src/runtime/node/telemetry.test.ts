import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { enlarging, temporaryFolder } from "../../../testing/workspace.js";
import { writeModel } from "../../platform/node/models.js";

const { ORT_DISABLE_TELEMETRY: _, XDG_CACHE_HOME: __, ...environment } = process.env;
const index = new URL("../../index.js", import.meta.url).href;
const main = fileURLToPath(new URL("../../cli/main.js", import.meta.url));

const run = (model: string): string => `
  import(${JSON.stringify(index)}).then(async ({ Session }) => {
    const image = { type: "float32", shape: [1, 3, 2, 2], data: new Float32Array(12) };
    const session = await Session.create(${JSON.stringify(model)});
    await session.run({ image });
  });`;

const programs: Record<string, (model: string) => string[]> = {
  "the command line": (model) => [main, "inspect", model],
  "the library": (model) => ["--eval", run(model)],
  "the library in a worker thread of a program without it": (model) => [
    "--eval",
    `new (require("node:worker_threads").Worker)(${JSON.stringify(run(model))}, { eval: true });`,
  ],
};

for (const [name, program] of Object.entries(programs))
  test(`${name} runs a model and writes nothing to the home folder or to that of temporary files`, async (t) => {
    const [home, temporary, model] = [temporaryFolder(t), temporaryFolder(t), join(temporaryFolder(t), "model.onnx")];
    await writeModel(enlarging(2), model);
    const env = {
      ...environment,
      HOME: home,
      USERPROFILE: home,
      LOCALAPPDATA: home,
      TMPDIR: temporary,
      TEMP: temporary,
    };
    execFileSync(process.execPath, program(model), { env, stdio: "ignore" });
    assert.deepEqual([readdirSync(home), readdirSync(temporary)], [[], []]);
  });
