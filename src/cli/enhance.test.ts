import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import sharp from "sharp";
import { residualProcessor } from "../../testing/processors.js";
import { encodeModel } from "../onnx/encode.js";
import { enhanceCommand } from "./enhance.js";

const folder = await mkdtemp(join(tmpdir(), "legible-cli-"));
const at = (name: string): string => join(folder, name);
await writeFile(at("x2.onnx"), encodeModel(residualProcessor(2)));
await sharp({ create: { width: 9, height: 7, channels: 3, background: "teal" } }).toFile(at("a.png"));
await writeFile(at("b.png"), "not a picture");

/** Runs the command and returns what it prints on standard output. */
async function enhance(t: TestContext, ...args: string[]): Promise<string> {
  const lines: string[] = [];
  t.mock.method(console, "log", (line: string) => lines.push(line));
  t.mock.method(console, "error", () => {});
  await enhanceCommand.parseAsync([...args, "--model", at("x2.onnx"), "-o", at("out")], { from: "user" });
  return lines.join("\n");
}

test("the last line says how many pictures are where", async (t) => {
  assert.match(await enhance(t, at("a.png")), /^1 picture in .*out, [\d.]+ s$/);
});

test("a picture that cannot be read is in the JSON summary and makes the command exit with 1", async (t) => {
  t.after(() => {
    process.exitCode = 0;
  });
  const summary = JSON.parse(await enhance(t, at("a.png"), at("b.png"), "--json"));
  assert.deepEqual([summary.scale, summary.device], [2, "cpu"]);
  assert.deepEqual(summary.written, [{ input: at("a.png"), output: join(at("out"), "a.png"), width: 18, height: 14 }]);
  assert.deepEqual(
    summary.failed.map(({ input }: { input: string }) => input),
    [at("b.png")],
  );
  assert.equal(process.exitCode, 1);
});

test("a scale that the model does not have is refused", async (t) => {
  await assert.rejects(
    enhance(t, at("a.png"), "--scale", "3"),
    /^UserError: `--scale 3` does not fit .*: it enlarges x2$/,
  );
});
