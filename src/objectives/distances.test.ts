import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "../onnx/builder.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { randomAt } from "../random.js";
import { Session } from "../runtime/session.js";
import { type DistanceName, distanceNames, distanceOf } from "./distances.js";

async function distance(name: DistanceName, restored: Tensor, original: Tensor): Promise<number> {
  const b = new GraphBuilder(name);
  b.output(
    "distance",
    distanceOf(name).between(b, b.input("restored", restored.shape), b.input("original", original.shape)),
  );
  const session = await Session.create(b.build(), { threads: 1 });
  const results = await session.run({ restored, original }).finally(() => session.release());
  return Number(results.distance?.data[0]);
}

function scores(seed: number): Tensor {
  const random = randomAt(seed);
  return float32(
    Float32Array.from({ length: 3 * 10 }, () => 4 * random.normal()),
    [3, 10],
  );
}

for (const name of distanceNames)
  test(`${name} is positive for different scores and 0 for equal ones`, async () => {
    for (const seed of [1, 2, 3, 4, 5])
      assert.ok((await distance(name, scores(seed), scores(seed + 100))) > 0, `seed ${seed}`);
    assert.equal(await distance(name, scores(1), scores(1)), 0);
  });

test("kl is KL(q ‖ p) with q of the original image and p of the restored one", async () => {
  // p = (1/2, 1/2), q = (3/4, 1/4): Σ q ln(q / p) = 0.75 ln 1.5 + 0.25 ln 0.5
  const [even, uneven] = [float32([0, 0], [1, 2]), float32([Math.log(3), 0], [1, 2])];
  const original = 0.75 * Math.log(1.5) + 0.25 * Math.log(0.5);
  assert.ok(Math.abs((await distance("kl", even, uneven)) - original) < 1e-6);
});

test("adding a constant to all scores changes logits-mse but neither softmax-mse nor kl", async () => {
  const shifted = { ...scores(1), data: (scores(1).data as Float32Array).map((value) => value + 2) };
  for (const name of ["softmax-mse", "kl"] as const) assert.ok((await distance(name, shifted, scores(1))) < 1e-6, name);
  assert.ok(Math.abs((await distance("logits-mse", shifted, scores(1))) - 4) < 1e-5);
});
