import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../../errors.js";
import { randomAt } from "../../random.js";
import { findTask } from "./index.js";

const flat = (width: number, height: number, value: number) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(value),
});

for (const scale of [2, 3, 4])
  test(`degrading at scale ${scale} divides the size by ${scale}, interpolating restores it, and a flat image stays flat`, async () => {
    const task = findTask("sr", { scale });
    assert.equal(task.scale, scale);
    const degraded = await task.degrade(flat(24, 36, 77), randomAt(0));
    assert.deepEqual(degraded, flat(24 / scale, 36 / scale, 77));
    assert.deepEqual(task.interpolate(degraded), flat(24, 36, 77));
  });

test("the default scale is 4", () => {
  assert.deepEqual(findTask("sr").options, { scale: 4 });
});

test("an unknown task, option or scale is refused with the valid choices", () => {
  assert.throws(() => findTask("colorize"), /cannot find task "colorize": unknown name; give one of sr/);
  assert.throws(() => findTask("sr", { scale: 5 }), /task "sr" with \{"scale":5\}: scale: .*2.*3.*4/);
  assert.throws(() => findTask("sr", { sigma: 1 }), /sigma.*Its options: scale/);
});

test("an image whose size is not a multiple of the scale is refused", async () => {
  await assert.rejects(findTask("sr").degrade(flat(9, 8, 0), randomAt(0)), UserError);
});
