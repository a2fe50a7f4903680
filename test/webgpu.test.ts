import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Tensor } from "../src/onnx/tensor.js";
import { readSafetensors } from "../src/platform/node/safetensors-files.js";
import { relativeL2 } from "../testing/fixtures.js";
import { legibleProcess, temporaryFolder, writeClassifier, writeLabeledImages } from "../testing/workspace.js";

/** Relative tolerance of each weight and moment after the last step, and of each loss. */
const TOLERANCE = 1e-3;
const STEPS = 20;

test("20 training steps with R on WebGPU give the same weights and losses as on the CPU within 1e-3", async (t) => {
  const folder = temporaryFolder(t);
  const [data, classifier] = [join(folder, "data"), join(folder, "classifier.onnx")];
  await writeLabeledImages(data, 12, 40);
  await writeClassifier(classifier, 32);
  const run = (device: string) =>
    legibleProcess(
      `train --objective ra --recognizer ${classifier} --processor compact-s --data ${data} --steps ${STEPS} --batch 2 --crop 32
        --device ${device} --out ${join(folder, device)}`.split(/\s+/),
    );
  const gpu = await run("webgpu");
  if (/cannot compute on webgpu/.test(gpu.err)) return t.skip("this machine has no WebGPU adapter");
  assert.equal(gpu.code, 0, gpu.err);
  assert.match(gpu.err, /training sr x4 on webgpu/);
  const cpu = await run("cpu");
  assert.equal(cpu.code, 0, cpu.err);

  const losses = (err: string) => [...err.matchAll(/"loss":([\d.e-]+)/g)].map(([, loss]) => Number(loss));
  const [gpuLosses, cpuLosses] = [losses(gpu.err), losses(cpu.err)];
  assert.ok(cpuLosses.length > 0);
  assert.equal(gpuLosses.length, cpuLosses.length);
  for (const [i, loss] of cpuLosses.entries()) assert.ok(Math.abs((gpuLosses[i] ?? 0) - loss) <= TOLERANCE * loss);
  const stateOf = async (device: string) =>
    (await readSafetensors(join(folder, device, "checkpoint.safetensors"))).tensors;
  const [got, want] = [await stateOf("webgpu"), await stateOf("cpu")];
  assert.ok(Object.keys(want).length > 0);
  for (const [name, tensor] of Object.entries(want)) {
    const error = relativeL2(got[name] as Tensor, tensor);
    assert.ok(error <= TOLERANCE, `${name} differs by ${error}`);
  }
});
