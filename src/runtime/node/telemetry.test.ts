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

const programs: Record<string, (model: string) => string[]> = {
  "the command line": (model) => [main, "inspect", model],
  "the library": (model) => [
    "--input-type=module",
    "--eval",
    `import { Session } from ${JSON.stringify(index)};
    const image = { type: "float32", shape: [1, 3, 2, 2], data: new Float32Array(12) };
    const session = await Session.create(${JSON.stringify(model)});
    await session.run({ image });`,
  ],
};

for (const [name, program] of Object.entries(programs))
  test(`${name} runs a model and writes nothing to the home folder`, async (t) => {
    const [home, model] = [temporaryFolder(t), join(temporaryFolder(t), "model.onnx")];
    await writeModel(enlarging(2), model);
    const env = { ...environment, HOME: home, USERPROFILE: home, LOCALAPPDATA: home };
    execFileSync(process.execPath, program(model), { env, stdio: "ignore" });
    assert.deepEqual(readdirSync(home), []);
  });
