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

/** Writes an identity processor with a sidecar JSON. */
async function writeIdentity(
  t: TestContext,
  sidecar: unknown,
  shape: readonly Dim[] = ["N", 3, "H", "W"],
): Promise<string> {
  const path = join(temporaryFolder(t), "identity.onnx");
  const b = new GraphBuilder("identity");
  b.output("y", b.Identity(b.input("x", shape)), shape);
  await writeModel(b.build(), path);
  writeFileSync(path.replace(/onnx$/, "json"), JSON.stringify(sidecar));
  return path;
}

/** Red, green and blue of one pixel. */
const pixel = [0.2, 0.4, 0.8];

async function outputOf(path: string): Promise<Tensor> {
  const session = await Session.create(standardized(await openProcessor(path)));
  return (await session.run({ [IMAGE]: float32(pixel, [1, 3, 1, 1]) }))[RESTORED] as Tensor;
}

function assertClose(got: Tensor, expected: readonly number[]): void {
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(Number(got.data[i]) - value) < 1e-4 * Math.max(1, Math.abs(value)), `${got.data} ${expected}`);
}

test("the input is converted to the processor's range, mean, standard deviation and channel order", async (t) => {
  const input = { channels: "BGR", range: 255, mean: [1, 2, 4], std: [2, 4, 8] };
  assertClose(await outputOf(await writeIdentity(t, { input })), [(204 - 4) / 8, (102 - 2) / 4, (51 - 1) / 2]);
});

test("the output is converted from the processor's channel order, standard deviation, mean and range", async (t) => {
  const output = { channels: "BGR", range: 255, mean: [1, 2, 4], std: [2, 4, 8] };
  assertClose(await outputOf(await writeIdentity(t, { output })), [
    (0.8 * 2 + 1) / 255,
    (0.4 * 4 + 2) / 255,
    (0.2 * 8 + 4) / 255,
  ]);
});

test("the same format for input and output restores the image", async (t) => {
  const format = { layout: "NHWC", channels: "BGR", range: 255, mean: [9, 8, 7], std: [3, 2, 1] };
  const restored = await outputOf(await writeIdentity(t, { input: format, output: format }, ["N", "H", "W", 3]));
  assert.deepEqual(restored.shape, [1, 3, 1, 1]);
  assertClose(restored, pixel);
});

test("a sidecar without a format gives the default format, and a misspelled key is refused", async (t) => {
  assertClose(await outputOf(await writeIdentity(t, { author: "someone" })), pixel);
  await assert.rejects(
    openProcessor(await writeIdentity(t, { input: { chanels: "BGR" } })),
    /identity\.json.*"chanels"/,
  );
  await assert.rejects(openProcessor(await writeIdentity(t, { output: { std: [1, 0, 1] } })), /must not be 0/);
});

test("an undeclared NHWC layout or another number of channels is refused with a hint", async (t) => {
  await assert.rejects(
    openProcessor(await writeIdentity(t, {}, ["N", "H", "W", 3])),
    /cannot use identity\.onnx as a processor: its input "x" has the shape \[N, H, W, 3\].*\{"input": \{"layout": "NHWC"\}\}/,
  );
  await assert.rejects(openProcessor(await writeIdentity(t, {}, ["N", 1, "H", "W"])), /not that of RGB images/);
});
