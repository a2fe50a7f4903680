/// <reference lib="dom" />
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import sharp from "sharp";
import type * as library from "../src/browser/legible.js";
import { enhance } from "../src/enhancement/enhance.js";
import { openProcessor } from "../src/processors/open.js";
import { awkwardImages } from "../testing/awkward-images.js";
import { chromium, type DrivenBrowser, openBrowser } from "../testing/chromium.js";
import { repositoryPath } from "../testing/shared.js";
import { WebSite } from "../testing/web-site.js";

type Library = typeof library;

const MODEL = "models/sr-x4-m-ra.onnx";

/** RGBA of 8 bits a channel. */
async function rgbaOf(file: Buffer): Promise<Buffer> {
  const image = sharp(file);
  const { depth } = await image.metadata();
  if (depth !== "ushort") return image.toColourspace("srgb").ensureAlpha().raw().toBuffer();
  const deep = await image.toColourspace("rgb16").ensureAlpha(1).raw({ depth: "ushort" }).toBuffer();
  return Buffer.from(new Uint16Array(deep.buffer, deep.byteOffset, deep.length / 2).map((v) => Math.round(v / 257)));
}

describe("the library in Chromium", { skip: chromium === undefined && "no Chromium is installed" }, () => {
  let driven: DrivenBrowser;
  let site: WebSite;
  let images: Record<string, Buffer>;
  /** What pages wrote to their consoles, errors of policies included. */
  const messages: string[] = [];

  before(async () => {
    images = await awkwardImages();
    const processor = await openProcessor(repositoryPath(MODEL));
    const files: Record<string, Buffer> = {};
    for (const [name, content] of Object.entries(images)) {
      files[`/images/${name}`] = content;
      // Node.js refuses animations; the browser takes their first frame.
      const still = name.startsWith("gif") ? await sharp(content).png().toBuffer() : content;
      const { data } = await enhance(processor, still, { color: "srgb", format: "png", name });
      files[`/expected/${name}`] = await rgbaOf(data);
    }
    await processor.release();
    site = await new WebSite(files).open();
    driven = await openBrowser();
  });
  after(async () => {
    await driven?.end();
    site?.close();
  });

  async function pageOf({ url }: WebSite): Promise<Page> {
    const page = await driven.browser.newPage();
    page.on("console", (message) => messages.push(message.text()));
    page.on("pageerror", (error) => messages.push(String(error)));
    await page.goto(url);
    return page;
  }

  test("images of awkward kinds become the pixels of Node.js within 1 level", async () => {
    const page = await pageOf(site);
    const found = await page.evaluate(
      async ({ names, model }) => {
        const { openLegible } = (await import("/legible/legible.js" as string)) as Library;
        const legible = await openLegible();
        const processor = (await legible.load(`/${model}`)) as library.BrowserProcessor;
        const results: Record<string, unknown> = {};
        for (const name of names) {
          const image = await (await fetch(`/images/${name}`)).blob();
          const expected = new Uint8Array(await (await fetch(`/expected/${name}`)).arrayBuffer());
          const { width, height, data } = await legible.enhance(processor, image);
          const [worst, hidden, over] = [[0, 0, 0, 0], [0, 0, 0], [0]] as number[][];
          for (let i = 0; i < data.length; i++) {
            const d = Math.abs(data[i]! - expected[i]!);
            const c = i % 4;
            if (c < 3 && expected[i - c + 3] === 0) hidden![c] = Math.max(hidden![c]!, d);
            else {
              worst![c] = Math.max(worst![c]!, d);
              if (d > 1) over![0]!++;
            }
          }
          results[name] = JSON.stringify({
            worst,
            hidden,
            over,
            size: [width, height],
            length: data.length - expected.length,
          });
        }
        legible.close();
        return results;
      },
      { names: Object.keys(images), model: MODEL },
    );
    console.log(found, messages);
  });
});
