/// <reference lib="dom" />
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { CDPSession, Page } from "playwright-core";
import sharp from "sharp";
import type * as library from "../src/browser/legible.js";
import { centerCrop } from "../src/images/crop.js";
import { resize } from "../src/images/resize.js";
import { psnr } from "../src/metrics/psnr.js";
import { decodeImage } from "../src/platform/node/codec.js";
import { openBrowser } from "../testing/chromium.js";
import { WebSite } from "../testing/web-site.js";
import { defineTimed, type Run, type TimedPage } from "./browser-page.js";
import { runSwin2sr, swin2srFiles, TRANSFORMERS } from "./browser-swin2sr.js";

/*
 * Enlarges images four times in Chromium, with Legible and with UpscalerJS (its ESRGAN slim), in alternating order:
 *   node dist/bench/browser.js PHOTO [--sides 256,1024] [--model sr-x4-m-plain] [--backends wasm,webgl] [--repeats 3]
 * The input has SIDE pixels a side: the photo, whose center is cropped and downscaled by Pillow's bicubic filter. "cold": from the
 * import of the library to the first result, nothing cached but by the operating system; "warm": the minimum of the other results;
 * "memory": the peak of the renderer; "sent": bytes without compression. UpscalerJS is installed into a temporary folder.
 * --swin2sr FOLDER adds transformers.js with the model that bench/swin2sr.py wrote for this side; its PSNR says nothing.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sides: { type: "string", default: "256,1024" },
    model: { type: "string", default: "sr-x4-m-plain" },
    backends: { type: "string", default: "wasm,webgl" },
    repeats: { type: "string", default: "3" },
    swin2sr: { type: "string" },
  },
});

const SCALE = 4;
const RIVAL = [
  "upscaler@1",
  "@upscalerjs/esrgan-slim@1",
  "@tensorflow/tfjs@4.11.0",
  "@tensorflow/tfjs-backend-wasm@4.11.0",
];
const SLIM = "@upscalerjs/esrgan-slim";
const INSTALL = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"];

/** The files of the rival by their addresses. */
const rivalFiles = {
  "/rival/tf.js": "@tensorflow/tfjs/dist/tf.min.js",
  "/rival/wasm.js": "@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js",
  "/rival/slim.js": `${SLIM}/dist/umd/models/esrgan-slim/src/x4/index.min.js`,
  "/rival/upscaler.js": "upscaler/dist/browser/umd/upscaler.min.js",
  "/rival/model.json": `${SLIM}/models/x4/model.json`,
  "/rival/group1-shard1of1.bin": `${SLIM}/models/x4/group1-shard1of1.bin`,
  ...Object.fromEntries(
    ["", "-simd", "-threaded-simd"].map((kind) => [
      `/rival/tfjs-backend-wasm${kind}.wasm`,
      `@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm${kind}.wasm`,
    ]),
  ),
};

/** What the scripts of the rival define in a page. */
interface RivalPage {
  readonly tf: {
    readonly wasm: { setWasmPaths(folder: string): void };
    readonly browser: {
      fromPixels(canvas: HTMLCanvasElement): object;
      toPixels(image: object): Promise<Uint8ClampedArray<ArrayBuffer>>;
    };
    setBackend(name: string): Promise<boolean>;
    ready(): Promise<void>;
    getBackend(): string;
    clipByValue(image: object, low: number, high: number): { toInt(): object };
    dispose(tensors: readonly object[]): void;
  };
  readonly Upscaler: new (options: object) => { upscale(image: object, options: object): Promise<object> };
  readonly ESRGANSlim4x: object;
}

/** Runs in a page. */
function runLegible({ model, repeats }: { model: string; repeats: number }): Promise<Run> {
  const { timed } = globalThis as unknown as TimedPage;
  return timed(repeats, async () => {
    const { openLegible } = (await import("/legible/legible.js" as string)) as typeof library;
    const image = await (await fetch("/input.png")).blob();
    const legible = await openLegible();
    const processor = (await legible.load(`/models/${model}.onnx`)) as library.BrowserProcessor;
    return async () => (await legible.enhance(processor, image)).data;
  });
}

/** Runs in a page. Tiles of 64 pixels are those of the documentation of UpscalerJS. */
function runUpscaler({ backend, repeats }: { backend: string; repeats: number }): Promise<Run> {
  const { timed } = globalThis as unknown as TimedPage;
  return timed(repeats, async () => {
    for (const name of ["tf", "wasm", "slim", "upscaler"])
      await new Promise((resolve, reject) => {
        const script = Object.assign(document.createElement("script"), { src: `/rival/${name}.js` });
        Object.assign(script, { onload: resolve, onerror: reject });
        document.head.append(script);
      });
    const { tf, Upscaler, ESRGANSlim4x } = globalThis as unknown as RivalPage;
    tf.wasm.setWasmPaths("/rival/");
    await tf.setBackend(backend);
    await tf.ready();
    if (tf.getBackend() !== backend) throw new Error(`${backend} is not possible here`);
    const upscaler = new Upscaler({ model: { ...ESRGANSlim4x, path: "/rival/model.json" } });
    const image = await createImageBitmap(await (await fetch("/input.png")).blob());
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    canvas.getContext("2d")?.drawImage(image, 0, 0);
    return async () => {
      const input = tf.browser.fromPixels(canvas);
      const result = await upscaler.upscale(input, {
        output: "tensor",
        patchSize: 64,
        padding: 4,
        awaitNextFrame: false,
      });
      const pixels = await tf.browser.toPixels(tf.clipByValue(result, 0, 255).toInt());
      tf.dispose([input, result]);
      return pixels;
    };
  });
}

/** The peak of the memory of all renderers in MB, during `work`. */
async function peakDuring<T>(session: CDPSession, work: () => Promise<T>): Promise<{ value: T; peak: number }> {
  let peak = 0;
  const measure = async (): Promise<void> => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const renderers = processInfo.filter(({ type }) => type === "renderer");
    const sizes = renderers.map(({ id }) =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1]),
    );
    peak = Math.max(peak, sizes.reduce((sum, size) => sum + size, 0) / 1e3);
  };
  const timer = setInterval(() => void measure().catch(() => {}), 100);
  try {
    return { value: await work(), peak };
  } finally {
    clearInterval(timer);
  }
}

/** Runs in a browser of its own. */
async function measured(site: WebSite, run: (page: Page) => Promise<Run>) {
  site.sent.clear();
  const driven = await openBrowser(["--enable-unsafe-swiftshader"]);
  try {
    const page = await driven.browser.newPage();
    await page.addInitScript(defineTimed);
    await page.goto(site.url);
    const session = await driven.browser.newBrowserCDPSession();
    let peak = 0;
    const value = await peakDuring(session, () => run(page)).then((found) => {
      peak = found.peak;
      return found.value;
    });
    return { ...value, peak, sent: [...site.sent.values()].reduce((sum, size) => sum + size, 0) };
  } finally {
    await driven.end();
  }
}

async function main(folder: string): Promise<void> {
  execFileSync("npm", [...INSTALL, folder, ...RIVAL]);
  const files: Record<string, Uint8Array> = {};
  for (const [path, file] of Object.entries(rivalFiles)) files[path] = readFileSync(join(folder, "node_modules", file));
  if (values.swin2sr !== undefined) {
    execFileSync("npm", [...INSTALL, folder, TRANSFORMERS]);
    Object.assign(files, swin2srFiles(folder, values.swin2sr));
  }
  const photo = await decodeImage(positionals[0] as string);
  for (const side of values.sides.split(",").map(Number)) {
    const shorter = Math.min(photo.width, photo.height);
    const truth = resize(centerCrop(photo, shorter, shorter), side * SCALE, side * SCALE, "bicubic");
    const small = resize(truth, side, side, "bicubic");
    const input = await sharp(small.data, { raw: { width: side, height: side, channels: 3 } })
      .png()
      .toBuffer();
    const site = await new WebSite({ ...files, "/input.png": input }, true, false).open();
    const repeats = Number(values.repeats);
    const programs = [
      ["Legible", (page: Page) => page.evaluate(runLegible, { model: values.model, repeats })],
      ...values.backends
        .split(",")
        .map((backend) => [`UpscalerJS ${backend}`, (page: Page) => page.evaluate(runUpscaler, { backend, repeats })]),
      ...(values.swin2sr === undefined ? [] : [false, true]).map((bits8) => [
        `transformers.js ${bits8 ? "8 bits" : "float32"}`,
        (page: Page) => page.evaluate(runSwin2sr, { bits8, repeats }),
      ]),
    ] as [string, (page: Page) => Promise<Run>][];
    for (const [name, run] of programs) {
      const row = await measured(site, run).catch((error: unknown) => String(error).split("\n")[0]);
      if (typeof row === "string" || row === undefined) {
        console.log({ side, name, failed: row });
        continue;
      }
      const { times, pixels, peak, sent } = row;
      const data = Buffer.from(pixels.slice(pixels.indexOf(",") + 1), "base64").filter((_, i) => i % 4 !== 3);
      const quality = psnr({ width: truth.width, height: truth.height, data }, truth);
      const [cold = 0, ...warm] = times.map((time) => Math.round(time));
      console.log({
        side,
        name,
        cold,
        warm: Math.min(...warm),
        memory: Math.round(peak),
        sent,
        psnr: quality.toFixed(2),
      });
    }
    site.close();
  }
}

const folder = mkdtempSync(join(tmpdir(), "legible-bench-browser-"));
try {
  await main(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
