import assert from "node:assert/strict";
import { test } from "node:test";
import { lambdaAt, learningRate } from "./schedule.js";

test("lambda rises linearly from 0 and then stays constant, and is constant without warm-up", () => {
  assert.deepEqual(
    [0, 1, 2, 4, 9].map((step) => lambdaAt(8, step, 4)),
    [0, 2, 4, 8, 8],
  );
  assert.equal(lambdaAt(8, 0, 0), 8);
});

test("the learning rate warms up, then follows a cosine, or is multiplied by 0.1 at each drop", () => {
  const rates = (drops: readonly number[]) =>
    Array.from({ length: 40 }, (_, step) => Number(learningRate(1, step, 40, drops).toPrecision(12)));
  const [cosine, tenths] = [rates([]), rates([20, 30])];
  assert.deepEqual(cosine.slice(0, 2), [0.5, 1]);
  assert.deepEqual(tenths.slice(0, 2), [0.5, 1]);
  assert.ok(cosine.slice(2).every((rate, i) => i === 0 || rate < (cosine[i + 1] as number)));
  assert.deepEqual(
    [2, 19, 20, 29, 30, 39].map((step) => tenths[step]),
    [1, 1, 0.1, 0.1, 0.01, 0.01],
  );
});
