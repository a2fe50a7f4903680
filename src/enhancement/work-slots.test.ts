import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { WorkSlots } from "./work-slots.js";

const MEGAPIXEL = 2 ** 20;

test("small images are worked on together, four at most and 2 megapixels at most, and a large one alone", async () => {
  for (const [pixels, most] of [
    [1000, 4],
    [MEGAPIXEL, 2],
    [100 * MEGAPIXEL, 1],
  ] as const) {
    const slots = new WorkSlots();
    let [inside, found] = [0, 0];
    const work = async () => {
      const leave = await slots.enter(Promise.resolve(pixels));
      found = Math.max(found, ++inside);
      await setTimeout(2);
      inside--;
      leave();
      leave(); // frees its room once
    };
    await Promise.all(Array.from({ length: 9 }, work));
    assert.equal(found, most);
  }
});

test("images enter in the order of the calls, also if the size of a later one is known first", async () => {
  const slots = new WorkSlots();
  const entered: number[] = [];
  const work = async (index: number, counting: number) => {
    const leave = await slots.enter(setTimeout(counting, 100 * MEGAPIXEL));
    entered.push(index);
    leave();
  };
  await Promise.all([work(0, 20), work(1, 1), work(2, 5)]);
  assert.deepEqual(entered, [0, 1, 2]);
});

test("an image whose size cannot be read enters alone", async () => {
  const slots = new WorkSlots();
  const leave = await slots.enter(Promise.reject(new Error("no header")));
  let isInside = false;
  const second = slots.enter(Promise.resolve(1)).then(() => (isInside = true));
  await setTimeout(2);
  assert.equal(isInside, false);
  leave();
  await second;
});
