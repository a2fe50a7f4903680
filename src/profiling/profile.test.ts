import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { resnetStem } from "../../testing/profiled.js";
import { UserError } from "../errors.js";
import { findNetwork } from "../networks/index.js";
import { writeModel } from "../platform/node/models.js";
import { type Profile, profile } from "./profile.js";
import { profileTable } from "./table.js";
import { inferenceWorkload, workloadOf } from "./workload.js";

let folder: string;
let stem: Profile;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "legible-profile-test-"));
  stem = await profile(await inferenceWorkload(resnetStem(2)), { runs: 3, threads: 1 });
});

after(() => rm(folder, { recursive: true }));

test("the operations of a profile are those of the network's layers, although the runtime fuses some", () => {
  assert.ok(Math.abs(stem.gflop * 1e9 - 2 * (2 * 64 * 64 * 147 + 2 * 640)) < 1);
  const convolution = stem.operators.find(({ operator }) => operator.startsWith("Conv"));
  assert.equal(convolution?.calls, 1);
  assert.ok(Math.abs((convolution?.gflop ?? 0) * 1e9 - 2 * 2 * 64 * 64 * 147) < 1);
});

test("the shares of the operators sum to 1, and the slowest comes first", () => {
  for (const costs of [stem.operators, stem.nodes]) {
    assert.ok(Math.abs(costs.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9);
    for (const [i, { ms }] of costs.entries()) assert.ok(i === 0 || ms <= (costs[i - 1]?.ms ?? 0));
  }
  const { ms, gflops, machine, memory } = stem;
  assert.ok(ms.plain > 0 && ms.profiled > 0 && memory.peakMib > 0);
  assert.ok(Math.abs(stem.shareOfPeak - gflops / machine.peakGflops) < 1e-12);
});

test("the table lists the requested number of nodes, and the figures of the profile", () => {
  const table = profileTable(stem, 2);
  assert.match(table, /the 2 slowest nodes/);
  assert.ok(table.includes(`${stem.ms.plain.toFixed(1)} ms per run of 2`));
});

test("the batch and size of the options are those of the profiled graph, with and without passes", async () => {
  const file = join(folder, "srresnet.onnx");
  await writeModel(findNetwork("srresnet", 4).build(4, 0), file);
  for (const passes of ["none", "all"]) {
    const work = await workloadOf(file, { batch: 3, size: 8, passes });
    assert.equal(work.images, 3);
    assert.deepEqual(work.feeds.image?.shape, [3, 3, 8, 8]);
  }
});

test("the workload of a run folder is the training step of its config.json", async () => {
  const config = {
    ...{ task: "sr", options: { scale: 4 }, objective: "plain", lambda: 0, recognizer: null, processor: "compact-s" },
    ...{ init: null, data: ["photos"], steps: 10, batch: 2, crop: 64, lr: 1e-3, seed: 0 },
  };
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  const work = await workloadOf(folder);
  assert.equal(work.images, 2);
  assert.deepEqual(work.feeds.clean?.shape, [2, 3, 64, 64]);
  const { gflop, operators } = await profile(work, { runs: 1, threads: 1 });
  // The forward pass and the gradients to input and weight cost the same; the first layer needs none to its input.
  const { gflop: forward } = await profile(
    await inferenceWorkload(findNetwork("compact-s", 4).build(4, 0), { batch: 2, size: 16 }),
    { runs: 1, threads: 1 },
  );
  assert.ok(gflop > 2 * forward && gflop < 4 * forward, `${gflop} GFLOP a step, ${forward} forward`);
  assert.ok(operators.length > 5);
});

test("a folder without a run is an error", async () => {
  await assert.rejects(workloadOf(join(folder, "..")), (error) => error instanceof UserError);
  await assert.rejects(
    workloadOf(tmpdir()),
    /it is not the folder of a processor's training run, which has a config\.json/,
  );
});
