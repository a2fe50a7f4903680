import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { WorkPace } from "./work-pace.js";

const sized = (side: number) =>
  sharp({ create: { width: side, height: side, channels: 3, background: "teal" } })
    .png()
    .toBuffer();

for (const [title, sideOf] of [
  ["grow", (i: number) => (i < 100 ? 20 : 60)],
  ["shrink", (i: number) => (i < 30 ? 60 : 20)],
  ["are mixed", (i: number) => (i % 7 === 0 ? 80 : 20)],
] as const)
  test(`the time left is right within 20 % after the first 5 % of images whose sizes ${title}`, async (t) => {
    const folder = temporaryFolder(t);
    const contents = new Map(await Promise.all([20, 60, 80].map(async (side) => [side, await sized(side)] as const)));
    const names = Array.from({ length: 200 }, (_, i) => `${i}.png`);
    writeFiles(folder, Object.fromEntries(names.map((name, i) => [name, contents.get(sideOf(i)) as Buffer])));
    const images = names.map((name) => ({ input: join(folder, name), output: name }));
    /** Milliseconds of an image: a fixed time and one for each pixel, both unknown to the estimate. */
    const durations = images.map((_, i) => 100 + sideOf(i) ** 2 / 2);
    let now = 0;
    const pace = new WorkPace({ folder, toFile: false, images, leftOut: [] }, 2, () => now);
    await pace.start();
    for (const [i, duration] of durations.entries()) {
      now += duration;
      pace.done({ width: 2 * sideOf(i), height: 2 * sideOf(i) });
      // Until both sizes were seen, the time of a pixel cannot be known.
      const isKnown = i >= 10 && new Set(durations.slice(0, i + 1)).size > 1;
      const left = durations.slice(i + 1).reduce((sum, each) => sum + each, 0) / 1000;
      if (!isKnown || left < 1) continue;
      const found = pace.after(i + 1)?.secondsLeft ?? 0;
      assert.ok(Math.abs(found / left - 1) < 0.2, `after ${i + 1} images: ${found} s instead of ${left} s`);
    }
  });
