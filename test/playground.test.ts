/// <reference lib="dom" />
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { BrowserContext } from "playwright-core";
import sharp from "sharp";
import { enhance } from "../src/enhancement/enhance.js";
import type { Image } from "../src/images/image.js";
import { psnrY } from "../src/metrics/psnr.js";
import { findNetwork } from "../src/networks/index.js";
import { encodeModel } from "../src/onnx/encode.js";
import { decodeImage } from "../src/platform/node/codec.js";
import { openProcessor } from "../src/processors/open.js";
import { chromium, type DrivenBrowser, openBrowser } from "../testing/chromium.js";
import { PlaygroundPage, ServedPlayground } from "../testing/playground-page.js";
import { repositoryPath } from "../testing/shared.js";

/** Replaces training by a quick one; everything else is the library's. */
const QUICK_LIBRARY = `
import { openLegible as open } from "./legible.js?real";
export { encodePixels } from "./legible.js?real";
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const openLegible = async (options) => {
  const library = await open(options);
  return {
    ...library,
    used: library.used,
    async train({ steps }, { onStep, signal }) {
      for (let step = 1; step <= steps; step++) {
        await wait(20);
        signal.throwIfAborted();
        onStep({ step, steps, losses: { loss: 1 / step, image: 0.5 / step, recognition: 0.5 / step }, psnr: 25 });
      }
      const file = await (await fetch("models/sr-x4-m-plain.onnx")).blob();
      const processor = await library.load(file, { name: "trained", kind: "processor" });
      return { processor, file, card: { task: "sr", objective: "unsupervised" }, losses: [] };
    },
  };
};
`;

const withQuickLibrary = (context: BrowserContext): Promise<unknown> =>
  context.route(/\/legible\/legible\.js$/, (route) =>
    route.fulfill({ contentType: "text/javascript", body: QUICK_LIBRARY }),
  );

/** Largest difference of two images of one size. */
function largestDifference(one: Image, other: Image): number {
  assert.deepEqual([one.width, one.height], [other.width, other.height]);
  return one.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (other.data[i] as number))), 0);
}

/** Drops a broken image and a broken model, then an image and models that work. */
async function dropFiles(opened: PlaygroundPage): Promise<void> {
  const { page } = opened;
  await opened.drop({ name: "broken.png", content: Buffer.from("no image") });
  const alert = page.getByRole("alert");
  await alert.getByText("broken.png").waitFor();
  assert.match(await alert.locator("p").innerText(), /^[^.]*broken\.png[^\n]*\.$/);
  await opened.requireUsable("error");
  await opened.drop({ name: "broken.onnx", content: Buffer.from("no model") });
  await alert.getByText("broken.onnx").waitFor();

  await page.getByLabel("bad: process it as it is").check();
  const size = { width: 41, height: 23, channels: 3, background: "#7a5" } as const;
  await opened.drop({ name: "small.png", content: await sharp({ create: size }).png().toBuffer() });
  await opened.finished();
  assert.equal(await opened.version("original").count(), 0);
  assert.match(await opened.version("plain").locator(".figures").innerText(), /164 × 92/);

  const model = repositoryPath("models/playground/mobilenet");
  await opened.drop(
    { name: "own.onnx", content: readFileSync(`${model}.onnx`) },
    { name: "own.json", content: readFileSync(`${model}.json`) },
    { name: "mine.onnx", content: Buffer.from(encodeModel(findNetwork("compact-s", 4).build(4, 0))) },
  );
  await page.getByText("own, recognizer").click();
  await opened.version("mine").getByText("own", { exact: true }).waitFor();
  await opened.finished();
  await opened.requireUsable("own models");
}

describe("the playground", { skip: chromium === undefined && "no Chromium is installed" }, () => {
  let driven: DrivenBrowser;
  let served: ServedPlayground;
  before(async () => {
    [driven, served] = await Promise.all([openBrowser(), ServedPlayground.start()]);
  });
  after(async () => {
    await driven?.end();
    await served?.end();
  });

  test("samples, dropped images and own models are processed as by Node.js; broken files give a sentence", async () => {
    const opened = await PlaygroundPage.open(driven.browser, served.url);
    const { page, context } = opened;
    await opened.ready();
    assert.match(await page.locator(".device").innerText(), /WebAssembly, \d+ threads?|WebGPU/);
    await opened.requireUsable("empty");
    await opened.sample(0);
    assert.ok(served.sent < 15e6, `${served.sent} bytes were sent`);
    await opened.requireUsable("result");

    const files = {
      input: await opened.download("input"),
      RA: await opened.download("RA"),
      original: await opened.download("original"),
    };
    assert.match(files.RA.name, /-sr-x4-RA\.png$/);
    const [result, truth] = [await decodeImage(files.RA.content), await decodeImage(files.original.content)];
    const processor = await openProcessor(repositoryPath("models/sr-x4-s-ra.onnx"));
    const expected = await enhance(processor, files.input.content, { format: "png", name: "input" });
    await processor.release();
    assert.ok(largestDifference(result, await decodeImage(expected.data)) <= 1);
    const shown = Number(/([\d.]+) dB/.exec(await opened.version("RA").locator(".figures").innerText())?.[1]);
    const found = psnrY(result, truth, { border: 0 });
    assert.ok(Math.abs(shown - found) <= 0.0051, `the page shows ${shown} dB, not ${found}`);
    await page.getByRole("combobox", { name: "Model" }).selectOption("m");
    await opened.finished();
    const better = Number(/([\d.]+) dB/.exec(await opened.version("RA").locator(".figures").innerText())?.[1]);
    assert.notEqual(better, shown);
    const shares = await opened.version("original").locator(".bar-share").allInnerTexts();
    const percents = shares.map((share) => Number.parseInt(share, 10));
    assert.ok(percents.length >= 3 && percents.slice(0, 3).every((p, i, all) => i === 0 || p <= (all[i - 1] ?? 0)));

    const divider = page.getByRole("slider", { name: "Divider between plain and RA" });
    await divider.focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await divider.getAttribute("aria-valuetext"), "51 % plain");
    await page.keyboard.press("+");
    await page.getByText("2 ×", { exact: true }).waitFor();
    await page.getByRole("combobox", { name: "Heat map" }).selectOption("change");
    await page.getByRole("img", { name: /RA, heat map$/ }).waitFor();
    const [, difference] = /(\d+) of 255/.exec(await page.locator(".heat-note").innerText()) ?? [];
    assert.ok(Number(difference) > 0, "the scale of the heat map is not stated");

    await page.getByRole("slider", { name: /^Balance/ }).fill("0.5");
    await opened.version("balance 0.5").waitFor();
    await opened.finished();

    await page.getByRole("combobox", { name: "Heat map" }).selectOption("gradient of mobilenet");
    await page.getByRole("img", { name: /: plain, heat map$/ }).waitFor();
    await opened.finished();
    await dropFiles(opened);

    const second = await context.newPage();
    await second.goto(served.url);
    await second
      .getByRole("button", { name: /^Sample/ })
      .first()
      .waitFor();
    await second.close();
    assert.deepEqual(opened.messages, []);
    await context.close();
  });

  test("the page reloads and works when its server is gone", async () => {
    const own = await ServedPlayground.start();
    const opened = await PlaygroundPage.open(driven.browser, own.url);
    try {
      await opened.ready();
      await opened.page.evaluate(() => navigator.serviceWorker.ready);
    } finally {
      await own.end();
    }
    await opened.page.reload();
    await opened.ready();
    await opened.page.getByText("You are offline").waitFor();
    await opened.sample(1);
    assert.deepEqual(opened.messages, []);
    await opened.context.close();
  });

  test("a training shows its curve, can be canceled, and gives a processor to compare and to download", async () => {
    const blocked = { serviceWorkers: "block", acceptDownloads: true } as const;
    const opened = await PlaygroundPage.open(driven.browser, served.url, blocked, withQuickLibrary);
    const { page, context } = opened;
    await opened.ready();
    const begin = page.getByRole("button", { name: "Start training" });
    assert.ok(await begin.isDisabled());
    await page.getByRole("button", { name: "Add samples" }).click();
    await page.getByText("10 images", { exact: true }).waitFor();
    await page.getByLabel("Steps", { exact: true }).fill("2000");
    await begin.click();
    await page.getByText(/step \d+ of 2000, \d+ s left/).waitFor();
    await page.getByRole("img", { name: "Recognition loss by step" }).waitFor();
    await opened.requireUsable("training");
    await page.getByRole("button", { name: "Cancel training" }).click();
    await page.getByText("The training was canceled").waitFor();

    await page.getByLabel("Steps", { exact: true }).fill("5");
    await begin.click();
    await page.getByRole("heading", { name: "Before and after" }).waitFor();
    await page.getByRole("slider", { name: "Divider between before and after" }).waitFor();
    await opened.requireUsable("trained");
    for (const [button, ending] of [
      ["Download the processor (ONNX)", ".onnx"],
      ["Download its card (JSON)", ".json"],
    ] as const) {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: button }).click(),
      ]);
      assert.ok(download.suggestedFilename().endsWith(ending));
    }
    assert.deepEqual(opened.messages, []);
    await context.close();
  });

  test("a browser without WebAssembly gets one sentence", async () => {
    const without = (context: BrowserContext) =>
      context.addInitScript(() => Reflect.deleteProperty(globalThis, "WebAssembly"));
    const opened = await PlaygroundPage.open(driven.browser, served.url, { serviceWorkers: "block" }, without);
    await opened.page.getByText("This browser has no WebAssembly").waitFor();
    await opened.requireUsable("no WebAssembly");
    await opened.context.close();
  });
});
