import type { InferenceSession } from "onnxruntime-common";
import * as wasm from "onnxruntime-web/wasm";
import { encodeModel } from "../../onnx/encode.js";
import type { Backend, LoadOptions } from "../backend.js";
import { loadedModel } from "../loaded-model.js";
import { loadUnbroken } from "../rewrite-fallback.js";

/** What this module reads of the browser. Without cross-origin isolation WebAssembly has one thread. */
const browser = globalThis as {
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly hardwareConcurrency: number };
};

/**
 * onnxruntime-web: WebAssembly for `cpu`, its WebGPU build, loaded on first use, for `webgpu`. Where their `.wasm` files are
 * served from is set in the `env.wasm` of `onnxruntime-web/wasm` or `onnxruntime-web/webgpu`.
 */
export const backend: Backend = {
  devices: ["cpu", "webgpu"],
  cores: browser.crossOriginIsolated ? (browser.navigator?.hardwareConcurrency ?? 1) : 1,
  async load(model, options) {
    if (options.trace !== undefined) throw new Error("`trace` needs a file system");
    const { InferenceSession, env } = await buildFor(options);
    // One number for every session of the build: that of the first.
    env.wasm.numThreads ??= options.threads;
    const config = configOf(options);
    const source = typeof model === "string" ? model : encodeModel(model);
    const create = (changed: typeof config) => InferenceSession.create(source as string, changed);
    return loadedModel(await loadUnbroken(create, config));
  },
};

const buildFor = async ({ device }: LoadOptions): Promise<Pick<typeof wasm, "InferenceSession" | "env">> =>
  device === "webgpu" ? import("onnxruntime-web/webgpu") : wasm;

const configOf = ({ device, optimization }: LoadOptions): InferenceSession.SessionOptions => ({
  executionProviders: device === "webgpu" ? ["webgpu", "wasm"] : ["wasm"],
  graphOptimizationLevel: optimization,
  enableMemPattern: false,
  logSeverityLevel: 4,
});
