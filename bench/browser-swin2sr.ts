/// <reference lib="dom" />
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Run, TimedPage } from "./browser-page.js";

/** transformers.js, with the build of ONNX Runtime that it asks for. */
export const TRANSFORMERS = "@huggingface/transformers@4.3.2";

const MODULES = "node_modules";

/**
 * The files of transformers.js and of a model by their addresses.
 * @param folder where the package is installed.
 * @param model the folder that `bench/swin2sr.py` wrote.
 */
export function swin2srFiles(folder: string, model: string): Readonly<Record<string, Uint8Array>> {
  const read = (prefix: string, from: string) =>
    readdirSync(from, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [`${prefix}${name}`, readFileSync(join(from, name))] as const);
  return Object.fromEntries([
    ...read("/transformers/", join(folder, MODULES, "@huggingface/transformers/dist")),
    ...read("/transformers/", join(folder, MODULES, "onnxruntime-web/dist")),
    ...read("/hub/swin2sr/", model),
    ...read("/hub/swin2sr/onnx/", join(model, "onnx")),
  ]);
}

interface Transformers {
  readonly env: {
    allowRemoteModels: boolean;
    allowLocalModels: boolean;
    localModelPath: string;
    readonly backends: { readonly onnx: { readonly wasm: { wasmPaths: string; numThreads: number } } };
  };
  pipeline(task: string, model: string, options: object): Promise<(address: string) => Promise<RawImage>>;
}

interface RawImage {
  rgba(): { readonly data: Uint8ClampedArray<ArrayBuffer> };
}

/** Runs in a page. `bits8` takes the weights of 8 bits, which transformers.js prefers with WebAssembly. */
export function runSwin2sr({ bits8, repeats }: { bits8: boolean; repeats: number }): Promise<Run> {
  const { timed } = globalThis as unknown as TimedPage;
  return timed(repeats, async () => {
    const { env, pipeline } = (await import("/transformers/transformers.min.js" as string)) as Transformers;
    Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: "/hub/" });
    Object.assign(env.backends.onnx.wasm, { wasmPaths: "/transformers/", numThreads: navigator.hardwareConcurrency });
    const upscale = await pipeline("image-to-image", "swin2sr", { device: "wasm", dtype: bits8 ? "q8" : "fp32" });
    return async () => (await upscale("/input.png")).rgba().data;
  });
}
