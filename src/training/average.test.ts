import assert from "node:assert/strict";
import { test } from "node:test";
import { float32 } from "../graph/tensor.js";
import { WeightAverage } from "./average.js";

const states = [1, 2, 4, 8, 16].map((value) => ({ w: float32([value, -value]), other: float32([value]) }));

test("the average is the mean of the states from its first step on, and leaves the rest as it is", () => {
  const average = new WeightAverage(["w"], 3);
  for (const [i, state] of states.entries()) average.add(i + 1, state);
  const { w, other } = average.weights(states[4] as (typeof states)[0]);
  assert.deepEqual(
    [...(w?.data ?? [])].map((v) => Number(v).toFixed(4)),
    ["9.3333", "-9.3333"],
  );
  assert.deepEqual(other, states[4]?.other);
});

test("before its first step the weights are the state's", () => {
  const average = new WeightAverage(["w"], 9);
  average.add(1, { w: float32([5]) });
  assert.deepEqual(average.weights({ w: float32([7]) }), { w: float32([7]) });
  assert.deepEqual(average.saved(), {});
});

test("an average that goes on from a checkpoint ends with the same bytes", () => {
  const whole = new WeightAverage(["w"], 2);
  for (const [i, state] of states.entries()) whole.add(i + 1, state);
  const first = new WeightAverage(["w"], 2);
  for (const [i, state] of states.slice(0, 3).entries()) first.add(i + 1, state);
  const second = WeightAverage.from(["w"], 2, first.saved());
  for (const [i, state] of states.slice(3).entries()) second.add(i + 4, state);
  assert.deepEqual(second.saved(), whole.saved());
});
