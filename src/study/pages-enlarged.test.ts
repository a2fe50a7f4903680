/// <reference lib="dom" />
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { chromium } from "../../testing/chromium.js";
import { ServedStudy, studySettings } from "../../testing/served-study.js";
import { studyPages } from "../../testing/study-pages.js";
import { devices, StudyParticipant } from "../../testing/study-participant.js";
import type { Image } from "../images/image.js";
import { decodeImage } from "../platform/node/codec.js";
import { randomAt } from "../random.js";

const { desktop } = devices;

describe("enlarged images of a study", { skip: chromium === undefined && "no Chromium is installed" }, () => {
  const during = studyPages();

  test("both images of a pair are enlarged and moved together, by every device", async () => {
    const served = await ServedStudy.start(studySettings("quality", { trials: 1 }), {}, 0, 600);
    await during(served, async (open) => {
      const page = await open({ ...desktop, hasTouch: true });
      const participant = await StudyParticipant.begun(served, page, "touch", randomAt(1));
      await participant.ready();
      const frame = page.locator(".frame").last();
      const box = await frame.boundingBox();
      assert.ok(box);
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const boxes = page.locator(".frame img");
      /** The level, and where the left image is in its frame; the right one has to be at the same place of its own. */
      const state = async () => {
        const places = await boxes.evaluateAll((images) =>
          images.map((image) => ({
            left: (image as HTMLElement).offsetLeft,
            top: (image as HTMLElement).offsetTop,
            width: image.clientWidth,
          })),
        );
        assert.deepEqual(places[0], places[1]);
        return { level: await page.locator("output").innerText(), ...(places[0] as (typeof places)[number]) };
      };
      const start = await state();
      assert.equal(start.level, "1×");
      await page.mouse.move(x, y);
      await page.mouse.wheel(0, -100);
      await page.locator("output", { hasText: "2×" }).waitFor();
      const wheeled = await state();
      assert.equal(wheeled.width, 2 * start.width);
      await page.mouse.down();
      await page.mouse.move(x + 40, y + 25);
      await page.mouse.up();
      const dragged = await state();
      assert.deepEqual([dragged.left - wheeled.left, dragged.top - wheeled.top], [40, 25]);
      await frame.focus();
      await page.keyboard.press("ArrowRight");
      const moved = await state();
      assert.ok(moved.left < dragged.left);
      assert.equal(await page.locator(".count").innerText(), "1 of 1");
      await page.keyboard.press("-");
      assert.equal((await state()).level, "1×");
      const touch = await page.context().newCDPSession(page);
      const fingers = (distance: number) => [
        { x: x - distance, y, id: 1 },
        { x: x + distance, y, id: 2 },
      ];
      await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: fingers(20) });
      await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: fingers(60) });
      await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
      assert.equal((await state()).level, "3×");
    });
  });

  test("each image pixel covers the same whole number of the screen's pixels, at every size", async () => {
    const served = await ServedStudy.start(studySettings("quality", { trials: 1 }), {}, 0, 200);
    await during(served, async (open) => {
      for (const deviceScaleFactor of [1, 1.5, 2]) {
        const page = await open({ viewport: { width: 1283, height: 801 }, deviceScaleFactor });
        const participant = await StudyParticipant.begun(served, page, "pointer", randomAt(1));
        await participant.ready();
        const [name = ""] = await participant.shown();
        const original = await decodeImage(join(served.study.folder, "images", name));
        for (const level of [1, 2, 3]) {
          const cells = Math.round(deviceScaleFactor) * level;
          const screenshot = await decodeImage(await page.locator(".frame").first().screenshot());
          assert.ok(isEnlarged(screenshot, original, cells), `${deviceScaleFactor} at ${level}×`);
          await page.keyboard.press("+");
        }
      }
    });
  });
});

/**
 * Whether a screenshot shows the middle of an image with every pixel as `cells` × `cells` pixels: each of the screenshot's pixels is
 * that of the image at the same place.
 */
function isEnlarged(screenshot: Image, original: Image, cells: number): boolean {
  const offsetOf = (size: number, image: number) => Math.round((size - image * cells) / 2);
  const [left, top] = [offsetOf(screenshot.width, original.width), offsetOf(screenshot.height, original.height)];
  // The image is in the middle of the frame, give or take what sizes and positions are rounded by.
  const near = [-3, -2, -1, 0, 1, 2, 3];
  const shifts = near.flatMap((x) => near.map((y) => [left + x, top + y] as const));
  return shifts.some(([x0, y0]) => matches(screenshot, original, cells, x0, y0));
}

function matches(screenshot: Image, original: Image, cells: number, x0: number, y0: number): boolean {
  let compared = 0;
  // Two pixels at the border belong to the frame's own rounding.
  for (let y = 2; y < screenshot.height - 2; y++)
    for (let x = 2; x < screenshot.width - 2; x++) {
      const [column, row] = [Math.floor((x - x0) / cells), Math.floor((y - y0) / cells)];
      // The outermost pixels of the image are left out: where the browser only emulates a screen, it blends them with the frame.
      if (column < 1 || row < 1 || column >= original.width - 1 || row >= original.height - 1) continue;
      compared++;
      const [seen, expected] = [(y * screenshot.width + x) * 3, (row * original.width + column) * 3];
      for (let c = 0; c < 3; c++) if (screenshot.data[seen + c] !== original.data[expected + c]) return false;
    }
  return compared > 10_000;
}
