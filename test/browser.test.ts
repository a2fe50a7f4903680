/// <reference lib="dom" />
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { CDPSession, Page } from "playwright-core";
import sharp from "sharp";
import type * as library from "../src/browser/legible.js";
import { enhance } from "../src/enhancement/enhance.js";
import { saliency } from "../src/inspection/saliency.js";
import { GraphBuilder } from "../src/onnx/builder.js";
import { encodeModel } from "../src/onnx/encode.js";
import type { Graph } from "../src/onnx/graph.js";
import { float32 } from "../src/onnx/tensor.js";
import { decodeImage } from "../src/platform/node/codec.js";
import { openProcessor } from "../src/processors/open.js";
import { Processor } from "../src/processors/processor.js";
import { readRecognizer } from "../src/recognition/recognizer.js";
import { awkwardImages } from "../testing/awkward-images.js";
import { chromium, type DrivenBrowser, openBrowser } from "../testing/chromium.js";
import { residualProcessor } from "../testing/processors.js";
import { repositoryPath } from "../testing/shared.js";
import { WebSite } from "../testing/web-site.js";

type Legible = library.Legible;

const [REAL, RECOGNIZER] = ["sr-x4-s-ra", "playground/mobilenet"];

/** Images whose colors the browser converts in another way than Node.js, and how many levels a result may differ. */
const CONVERTED: Readonly<Record<string, number>> = { "jpeg-cmyk-profile.jpg": 55 };

/** Enough for measurable work, and too much to finish before a cancellation. */
const [LARGE_WIDTH, LARGE_HEIGHT] = [4000, 3000];

/** A processor of scale 1 that is fast: the mean of 3 x 3 pixels. */
function blur(): Graph {
  const b = new GraphBuilder("blur");
  const weights = Array.from({ length: 81 }, (_, i) => (Math.floor(i / 27) === Math.floor((i % 27) / 9) ? 1 / 9 : 0));
  const kernel = b.initializer("kernel", float32(weights, [3, 3, 3, 3]));
  b.output("result", b.Conv(b.input("image", ["n", 3, "h", "w"]), kernel, "", { pads: [1, 1, 1, 1] }));
  return b.build();
}

/** RGBA of 8 bits a channel. */
async function rgbaOf(file: Buffer): Promise<Buffer> {
  const image = sharp(file);
  const { depth } = await image.metadata();
  if (depth !== "ushort") return image.toColourspace("srgb").ensureAlpha().raw().toBuffer();
  const deep = await image.toColourspace("rgb16").ensureAlpha(1).raw({ depth: "ushort" }).toBuffer();
  return Buffer.from(new Uint16Array(deep.buffer, deep.byteOffset, deep.length / 2).map((v) => Math.round(v / 257)));
}

/** The results of Node.js for images, as raw RGBA under `/PREFIX/NAME`. */
async function expectedOf(processor: Processor, images: Readonly<Record<string, Buffer>>, prefix: string) {
  const files: Record<string, Buffer> = {};
  for (const [name, content] of Object.entries(images)) {
    // Node.js refuses animations; the browser takes their first frame.
    const still = name.startsWith("gif") ? await sharp(content).png().toBuffer() : content;
    const { data } = await enhance(processor, still, { color: "srgb", format: "png", name });
    files[`/${prefix}/${name}`] = await rgbaOf(data);
  }
  await processor.release();
  return files;
}

/** What the functions in the pages use: the library, and helpers that every page gets. */
interface InPage {
  open(options?: library.BrowserOptions): Promise<Legible>;
  fetchBlob(path: string): Promise<Blob>;
  /** The largest difference between pixels and a file of raw RGBA, and the size. */
  compare(pixels: library.Pixels, path: string): Promise<number>;
  /** "resolved", or the error's name and message. */
  outcome(promise: Promise<unknown>): Promise<string>;
}
declare const page: InPage;

const helpers = `
  import * as legible from "/legible/legible.js";
  globalThis.page = {
    open: (options) => legible.openLegible(options),
    encodePixels: legible.encodePixels,
    fetchBlob: async (path) => (await fetch(path)).blob(),
    async compare({ data }, path) {
      const expected = new Uint8Array(await (await fetch(path)).arrayBuffer());
      if (expected.length !== data.length) return Infinity;
      return data.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
    },
    outcome: (promise) => promise.then(() => "resolved", (error) => error.name + ": " + error.message),
  };`;

describe("the library in Chromium", { skip: chromium === undefined && "no Chromium is installed" }, () => {
  let driven: DrivenBrowser;
  let site: WebSite;
  let images: Record<string, Buffer>;
  /** What pages wrote to their consoles, violations of the policy included. */
  const messages: string[] = [];

  before(async () => {
    images = await awkwardImages();
    const few = Object.fromEntries(["jpeg-exif-6.jpg", "png-alpha.png"].map((name) => [name, images[name] as Buffer]));
    const noise = { create: { width: LARGE_WIDTH, height: LARGE_HEIGHT, channels: 3, background: "teal" } } as const;
    const large = { "large.jpg": await sharp(noise).jpeg().toBuffer() };
    site = await new WebSite({
      "/helpers.js": helpers,
      "/x2.onnx": encodeModel(residualProcessor(2)),
      "/x1.onnx": encodeModel(residualProcessor(1)),
      "/blur.onnx": encodeModel(blur()),
      ...Object.fromEntries(Object.entries({ ...images, ...large }).map(([name, file]) => [`/images/${name}`, file])),
      ...(await expectedOf(new Processor(residualProcessor(2)), images, "x2")),
      ...(await expectedOf(await openProcessor(repositoryPath(`models/${REAL}.onnx`)), few, "real")),
    }).open();
    driven = await openBrowser();
  });
  after(async () => {
    await driven?.end();
    site?.close();
  });

  async function opened({ url }: WebSite, { browser } = driven): Promise<Page> {
    const opened = await browser.newPage();
    opened.setDefaultTimeout(60_000);
    opened.on("console", (message) => messages.push(message.text()));
    opened.on("pageerror", (error) => messages.push(String(error)));
    await opened.goto(url);
    await opened.addScriptTag({ url: "/helpers.js", type: "module" });
    await opened.waitForFunction("globalThis.page");
    return opened;
  }

  test("images of awkward kinds become the pixels of Node.js within 1 level, but for colors that the browser converts", async () => {
    const tab = await opened(site);
    const found = await tab.evaluate(async (names) => {
      const legible = await page.open();
      const processor = (await legible.load("/x2.onnx")) as library.BrowserProcessor;
      const results: Record<string, number> = {};
      for (const name of names)
        results[name] = await page.compare(
          await legible.enhance(processor, await page.fetchBlob(`/images/${name}`)),
          `/x2/${name}`,
        );
      return results;
    }, Object.keys(images));
    for (const [name, worst] of Object.entries(found))
      assert.ok(worst <= (CONVERTED[name] ?? 1), `${name}: ${worst} levels`);
    assert.ok(Object.keys(found).length >= 12);
    await tab.close();
  });

  test("colors that the browser converts are processed as by Node.js within 1 level", async () => {
    const tab = await opened(site);
    const found = await tab.evaluate(async (names) => {
      const legible = await page.open();
      const processor = (await legible.load("/x2.onnx")) as library.BrowserProcessor;
      const results = [];
      for (const name of names) {
        const { width, height, data } = await legible.decode(await page.fetchBlob(`/images/${name}`));
        const { data: result } = await legible.enhance(processor, { width, height, data });
        results.push({ width, height, input: [...data], result: [...result] });
      }
      return results;
    }, Object.keys(CONVERTED));
    for (const { width, height, input, result } of found) {
      const raw = { width, height, channels: 4 } as const;
      const file = await sharp(Uint8Array.from(input), { raw }).png().toBuffer();
      const expected = await expectedOf(new Processor(residualProcessor(2)), { image: file }, "x2");
      const levels = [...(expected["/x2/image"] as Buffer)].map((value, i) => Math.abs(value - (result[i] as number)));
      assert.equal(levels.length, 4 * 4 * width * height);
      assert.ok(Math.max(...levels) <= 1, `${Math.max(...levels)} levels`);
    }
    assert.equal(found.length, Object.keys(CONVERTED).length);
    await tab.close();
  });

  test("a published model gives the pixels of Node.js within 1 level, with all that is transferred below 15.4 MB uncompressed", async () => {
    site.sent.clear();
    const tab = await opened(site);
    const [exif, alpha, used] = await tab.evaluate(async (model) => {
      const legible = await page.open();
      const processor = (await legible.load(`/models/${model}.onnx`)) as library.BrowserProcessor;
      const worst = async (name: string) =>
        page.compare(await legible.enhance(processor, await page.fetchBlob(`/images/${name}`)), `/real/${name}`);
      const results = [await worst("jpeg-exif-6.jpg"), await worst("png-alpha.png"), legible.used] as const;
      legible.close();
      return results;
    }, REAL);
    assert.ok(exif <= 1 && alpha <= 1, `${exif} and ${alpha} levels`);
    assert.equal(used.device, "cpu");
    assert.match(used.fallback ?? "", /WebGPU/);
    const wasm = [...site.sent.keys()].filter((path) => path.endsWith(".wasm"));
    assert.deepEqual(wasm, ["/legible/ort-wasm-simd-threaded.wasm"]);
    const bytes = [...site.sent.values()].reduce((sum, size) => sum + size, 0);
    assert.ok(bytes < 15.4e6, `${bytes} bytes`);
    await tab.close();
  });

  test("a recognizer predicts what it predicts in Node.js", async () => {
    const path = repositoryPath(`models/${RECOGNIZER}.onnx`);
    const sidecar = JSON.parse(readFileSync(path.replace(/onnx$/, "json"), "utf8"));
    const model = await readRecognizer(path);
    const tab = await opened(site);
    const names = ["jpeg-4-2-0.jpg", "png-alpha.png", "large.jpg"];
    const found = await tab.evaluate(
      async ({ names, sidecar, recognizer }) => {
        const legible = await page.open();
        const model = (await legible.load(`/models/${recognizer}.onnx`, { sidecar })) as library.BrowserRecognizer;
        const results = [];
        for (const name of names) results.push(await legible.recognize(model, await page.fetchBlob(`/images/${name}`)));
        legible.close();
        return { results, classNames: model.classNames };
      },
      { names, sidecar, recognizer: RECOGNIZER },
    );
    for (const [i, predictions] of found.results.entries()) {
      const file = images[names[i] as string] ?? (await sharp(await fileOf(names[i] as string)).toBuffer());
      const { best } = await saliency(model, await decodeImage(file));
      assert.equal(predictions.length, 5);
      assert.deepEqual(
        predictions.map((each) => each.name),
        predictions.map((each) => sidecar.classes[each.class]),
      );
      for (const [k, each] of predictions.entries())
        assert.ok(Math.abs(each.probability - (best[k]?.probability as number)) < 1e-3, `${names[i]}, rank ${k + 1}`);
      assert.equal(predictions[0]?.class, best[0]?.label);
    }
    await tab.close();
  });

  const fileOf = async (name: string): Promise<Buffer> =>
    Buffer.from(await (await fetch(`${site.url}images/${name}`)).arrayBuffer());

  test("a cancellation rejects at once with its reason, and the next call works", async () => {
    const tab = await opened(site);
    const { message, waited, next } = await tab.evaluate(async () => {
      const legible = await page.open();
      const processor = (await legible.load("/x1.onnx")) as library.BrowserProcessor;
      const image = await page.fetchBlob("/images/large.jpg");
      const controller = new AbortController();
      let cancelled = 0;
      const running = legible.enhance(processor, image, {
        signal: controller.signal,
        onProgress() {
          cancelled = performance.now();
          controller.abort(new Error("not needed any more"));
        },
      });
      const message = await page.outcome(running);
      const waited = performance.now() - cancelled;
      const { width } = await legible.enhance(processor, await page.fetchBlob("/images/png-1x40.png"));
      return { message, waited, next: width };
    });
    assert.equal(message, "Error: not needed any more");
    assert.ok(waited < 100, `${waited} ms`);
    assert.equal(next, 1);
    await tab.close();
  });

  test("an image of 12 megapixels is processed in tiles, and its progress rises to 1", async () => {
    const tab = await opened(site);
    const { size, shares } = await tab.evaluate(async () => {
      const legible = await page.open();
      const processor = (await legible.load("/blur.onnx")) as library.BrowserProcessor;
      const shares: number[] = [];
      const { width, height } = await legible.enhance(processor, await page.fetchBlob("/images/large.jpg"), {
        onProgress: (share) => shares.push(share),
      });
      return { size: [width, height], shares };
    });
    assert.deepEqual(size, [LARGE_WIDTH, LARGE_HEIGHT]);
    assert.ok(shares.length > 4);
    assert.deepEqual(
      shares,
      [...shares].sort((a, b) => a - b),
    );
    assert.equal(shares.at(-1), 1);
    await tab.close();
  });

  test("two pages work at the same time", async () => {
    const tabs = [await opened(site), await opened(site)];
    const results = await Promise.all(
      tabs.map((tab) =>
        tab.evaluate(async () => {
          const legible = await page.open();
          const processor = (await legible.load("/x2.onnx")) as library.BrowserProcessor;
          const image = await page.fetchBlob("/images/webp-alpha.webp");
          return page.compare(await legible.enhance(processor, image), "/x2/webp-alpha.webp");
        }),
      ),
    );
    assert.ok(Math.max(...results) <= 1, results.join());
    await Promise.all(tabs.map((tab) => tab.close()));
  });

  test("noise and downscaling equal those of Node.js, and a PNG of pixels decodes to the same pixels", async () => {
    const { denoise } = await import("../src/data/tasks/denoise.js");
    const { sr } = await import("../src/data/tasks/sr.js");
    const { randomAt } = await import("../src/random.js");
    const tab = await opened(site);
    const found = await tab.evaluate(async () => {
      const legible = await page.open();
      const image = await page.fetchBlob("/images/png-interlaced.png");
      const noisy = await legible.degrade(image, "denoise", 0.1, 3);
      const small = await legible.degrade(image, "sr", 2);
      const jpeg = await legible.degrade(image, "jpeg", 10);
      const alpha = await legible.decode(await page.fetchBlob("/images/png-alpha.png"));
      const { encodePixels } = page as unknown as typeof library;
      const again = await legible.decode(await encodePixels(alpha));
      const visible = (i: number) => alpha.data[i - (i % 4) + 3] !== 0;
      return {
        ...{ noisy: [...noisy.data], small: [...small.data], jpeg: [...jpeg.data] },
        same: again.data.every((value, i) => !visible(i) || value === alpha.data[i]),
      };
    });
    const clean = await decodeImage(images["png-interlaced.png"] as Buffer);
    const rgb = (rgba: readonly number[]) => rgba.filter((_, i) => i % 4 !== 3);
    const noisy = await denoise.create({ sigma: 0.1 }).degrade(clean, randomAt(3, 0));
    assert.deepEqual(rgb(found.noisy), [...noisy.data]);
    const even = { ...clean, width: 44, data: clean.data.filter((_, i) => Math.floor(i / 3) % 45 !== 44) };
    const small = await sr.create({ scale: 2 }).degrade(even, randomAt(0, 0));
    assert.deepEqual(rgb(found.small), [...small.data]);
    const { jpeg } = await import("../src/data/tasks/jpeg.js");
    const blocky = await jpeg.create({ quality: 10 }).degrade(clean, randomAt(0, 0));
    const differences = rgb(found.jpeg).map((value, i) => Math.abs(value - (blocky.data[i] as number)));
    assert.ok(Math.max(...differences) <= 2, `JPEG: ${Math.max(...differences)} levels`);
    assert.ok(found.same);
    await tab.close();
  });

  test("broken images, broken models and released ones are refused in one sentence", async () => {
    const tab = await opened(site);
    const found = await tab.evaluate(async () => {
      const legible = await page.open();
      const model = await page.fetchBlob("/x1.onnx");
      const processor = (await legible.load(model, { name: "denoiser" })) as library.BrowserProcessor;
      const photo = await page.fetchBlob("/images/png-p3.png");
      const enhanced = (image: library.BrowserImage) => page.outcome(legible.enhance(processor, image));
      const results = {
        empty: await enhanced(new File([], "none.png")),
        text: await enhanced(new Blob(["hello"])),
        truncated: await enhanced(photo.slice(0, photo.size / 2)),
        pixels: await enhanced({ width: 3, height: 3, data: new Uint8ClampedArray(4) }),
        model: await page.outcome(legible.load(model.slice(0, model.size / 2))),
        notOnnx: await page.outcome(legible.load(new Blob(["hello"]))),
        missing: await page.outcome(legible.load("/missing.onnx")),
        tile: await page.outcome(legible.enhance(processor, photo, { tile: 0 })),
        device: await page.outcome(page.open({ device: "webgpu" })),
        released: "",
        closed: "",
      };
      legible.release(processor);
      results.released = await enhanced(photo);
      legible.close();
      results.closed = await enhanced(photo);
      return results;
    });
    const { url } = site;
    assert.equal(found.empty, "UserError: cannot decode none.png: it is empty");
    for (const image of [found.text, found.truncated])
      assert.match(image, /^UserError: cannot decode the image: [^\n]+$/);
    assert.match(found.pixels, /^UserError: an image is a Blob, or pixels/);
    assert.match(found.model, /^UserError: .* truncated/);
    assert.match(found.notOnnx, /^UserError: .* not .*ONNX/);
    assert.equal(found.missing, `UserError: cannot load ${url}missing.onnx: the server answers 404`);
    assert.match(found.tile, /^UserError: `tile` is 0/);
    assert.match(found.device, /^UserError: cannot compute on webgpu: WebGPU has no adapter here/);
    assert.equal(found.released, "UserError: denoiser is released");
    assert.equal(found.closed, "UserError: the worker is closed");
    messages.splice(0, messages.length, ...messages.filter((text) => !/404/.test(text)));
    await tab.close();
  });

  test("without cross-origin isolation one thread is used, and the library says so", async (t) => {
    const plain = await new WebSite({ "/helpers.js": helpers }, false).open();
    t.after(() => plain.close());
    const tab = await opened(plain);
    const used = await tab.evaluate(async () => (await page.open({ device: "cpu" })).used);
    assert.equal(used.threads, 1);
    assert.match(used.fallback ?? "", /one thread, because the page is not cross-origin isolated/);
    await tab.close();
  });

  for (const file of ["worker.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"])
    test(`without ${file} the library names the file that it cannot load`, async (t) => {
      const broken = await new WebSite({ "/helpers.js": helpers, [`/legible/${file}`]: null }).open();
      t.after(() => broken.close());
      const before = messages.length;
      const tab = await opened(broken);
      const message = await tab.evaluate(() => page.outcome(page.open({ device: "cpu" })));
      assert.ok(
        message.startsWith("UserError: cannot load ") && message.includes(`${broken.url}legible/${file}`),
        message,
      );
      messages.length = before; // that the file is missing
      await tab.close();
    });

  /** The memory of all renderers in bytes. */
  async function rendererMemory(session: CDPSession): Promise<number> {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const sizes = processInfo
      .filter(({ type }) => type === "renderer")
      .map(({ id }) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1]));
    return 1024 * sizes.reduce((sum, size) => sum + size, 0);
  }

  test("50 images, and models that are loaded and released, leave the memory as it was", async () => {
    const tab = await opened(site);
    const rounds = (count: number) =>
      tab.evaluate(async (count) => {
        const scope = globalThis as { kept?: Legible };
        scope.kept ??= await page.open();
        for (let i = 0; i < count; i++) {
          const processor = (await scope.kept.load(i % 2 ? "/x2.onnx" : "/x1.onnx")) as library.BrowserProcessor;
          for (const name of ["jpeg-p3.jpg", "png-alpha.png", "png-16.png", "webp-lossy.webp", "jpeg-exif-7.jpg"])
            await scope.kept.enhance(processor, await page.fetchBlob(`/images/${name}`));
          scope.kept.release(processor);
        }
      }, count);
    const session = await driven.browser.newBrowserCDPSession();
    await rounds(4);
    const start = await rendererMemory(session);
    await rounds(10);
    const end = await rendererMemory(session);
    assert.ok(end < 1.15 * start, `${start / 1e6} MB became ${end / 1e6} MB`);
    await tab.close();
  });

  test("WebGPU on a software adapter gives the pixels of WebAssembly within 2 levels, and is named as such", async (t) => {
    const flags = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];
    const graphics = await openBrowser(flags);
    t.after(() => graphics.end());
    const tab = await opened(site, graphics);
    const hasAdapter = await tab.evaluate(async () => {
      const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } };
      return Boolean(await gpu?.requestAdapter());
    });
    if (!hasAdapter) return t.skip("this Chromium has no software adapter");
    const [chosen, used, worst] = await tab.evaluate(async () => {
      const chosen = await page.open();
      chosen.close();
      const legible = await page.open({ device: "webgpu" });
      const processor = (await legible.load("/blur.onnx")) as library.BrowserProcessor;
      const image = await page.fetchBlob("/images/png-interlaced.png");
      const onCpu = await page.open({ device: "cpu" });
      const same = (await onCpu.load("/blur.onnx")) as library.BrowserProcessor;
      const [a, b] = [await legible.enhance(processor, image), await onCpu.enhance(same, image)];
      const worst = a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (b.data[i] as number))), 0);
      return [chosen.used, legible.used, worst] as const;
    });
    assert.deepEqual([chosen.device, chosen.fallback], ["cpu", "the adapter of WebGPU is a software one"]);
    assert.equal(used.device, "webgpu");
    assert.match(used.adapter ?? "", /software/);
    assert.ok(worst <= 2, `${worst} levels`);
  });

  test("no page wrote to its console, and the policy was not violated", () => {
    assert.deepEqual(messages, []);
  });
});
