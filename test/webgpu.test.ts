import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { readSafetensors } from "../src/graph/safetensors.js";
import { drawPictures, legible, temporaryFolder, writeClassifier } from "../testing/workspace.js";

/** Of the weights after the last step, and of each loss. */
const TOLERANCE = 1e-3;
const STEPS = 20;

test("20 steps of training with R on WebGPU give what they give on the CPU within 1e-3", async (t) => {
  const folder = temporaryFolder(t);
  const [data, classifier] = [join(folder, "data"), join(folder, "classifier.onnx")];
  await drawPictures(data, 12, 40);
  await writeClassifier(classifier, 32);
  const run = (device: string) =>
    legible(
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
  const [there, here] = [losses(gpu.err), losses(cpu.err)];
  assert.ok(here.length > 0);
  assert.equal(there.length, here.length);
  for (const [i, loss] of here.entries()) assert.ok(Math.abs((there[i] ?? 0) - loss) <= TOLERANCE * loss);
  const error = await relativeError(join(folder, "webgpu"), join(folder, "cpu"));
  t.diagnostic(`weights differ by ${error.toExponential(1)}`);
  assert.ok(error <= TOLERANCE, `weights differ by ${error}`);
});

/** |a - b| / |b| over all weights and moments of two checkpoints. */
async function relativeError(a: string, b: string): Promise<number> {
  const read = async (run: string) => (await readSafetensors(join(run, "checkpoint.safetensors"))).tensors;
  const [got, want] = [await read(a), await read(b)];
  let [difference, size] = [0, 0];
  for (const [name, { data }] of Object.entries(want))
    for (const [i, value] of data.entries()) {
      difference += (Number(got[name]?.data[i]) - Number(value)) ** 2;
      size += Number(value) ** 2;
    }
  assert.ok(size > 0);
  return Math.sqrt(difference / size);
}
