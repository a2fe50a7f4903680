import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Dim } from "../onnx/graph.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { writeModel } from "../platform/node/models.js";
import { Session } from "../runtime/session.js";
import { IMAGE, RESTORED, standardized } from "./image-network.js";
import { openProcessor } from "./open.js";

/** A processor that gives back what it takes, with a JSON beside it. */
async function writeEcho(t: TestContext, said: unknown, shape: readonly Dim[] = ["N", 3, "H", "W"]): Promise<string> {
  const path = join(temporaryFolder(t), "echo.onnx");
  const b = new GraphBuilder("echo");
  b.output("y", b.Identity(b.input("x", shape)), shape);
  await writeModel(b.build(), path);
  writeFileSync(path.replace(/onnx$/, "json"), JSON.stringify(said));
  return path;
}

/** Red, green and blue of one pixel. */
const pixel = [0.2, 0.4, 0.8];

async function echoed(path: string): Promise<Tensor> {
  const session = await Session.create(standardized(await openProcessor(path)));
  return (await session.run({ [IMAGE]: float32(pixel, [1, 3, 1, 1]) }))[RESTORED] as Tensor;
}

function assertClose(got: Tensor, expected: readonly number[]): void {
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(Number(got.data[i]) - value) < 1e-4 * Math.max(1, Math.abs(value)), `${got.data} ${expected}`);
}

test("a processor is given its range, mean and deviation, then its order of channels", async (t) => {
  const input = { channels: "BGR", range: 255, mean: [1, 2, 4], std: [2, 4, 8] };
  assertClose(await echoed(await writeEcho(t, { input })), [(204 - 4) / 8, (102 - 2) / 4, (51 - 1) / 2]);
});

test("a processor's result is taken by its order of channels, then its deviation, mean and range", async (t) => {
  const output = { channels: "BGR", range: 255, mean: [1, 2, 4], std: [2, 4, 8] };
  assertClose(await echoed(await writeEcho(t, { output })), [
    (0.8 * 2 + 1) / 255,
    (0.4 * 4 + 2) / 255,
    (0.2 * 8 + 4) / 255,
  ]);
});

test("what a format does on the way in it undoes on the way out", async (t) => {
  const format = { layout: "NHWC", channels: "BGR", range: 255, mean: [9, 8, 7], std: [3, 2, 1] };
  const restored = await echoed(await writeEcho(t, { input: format, output: format }, ["N", "H", "W", 3]));
  assert.deepEqual(restored.shape, [1, 3, 1, 1]);
  assertClose(restored, pixel);
});

test("a JSON about something else leaves the format plain, one with a wrong word is refused", async (t) => {
  assertClose(await echoed(await writeEcho(t, { author: "someone" })), pixel);
  await assert.rejects(openProcessor(await writeEcho(t, { input: { chanels: "BGR" } })), /echo\.json .*"chanels"/);
  await assert.rejects(openProcessor(await writeEcho(t, { output: { std: [1, 0, 1] } })), /must not be 0/);
});

test("pictures with channels last, or of another number of channels, are refused with the way out", async (t) => {
  await assert.rejects(
    openProcessor(await writeEcho(t, {}, ["N", "H", "W", 3])),
    /the input "x" of echo\.onnx has the shape \[N, H, W, 3\].*\{"input": \{"layout": "NHWC"\}\}/,
  );
  await assert.rejects(
    openProcessor(await writeEcho(t, {}, ["N", 1, "H", "W"])),
    /not that of pictures in three colors/,
  );
});
