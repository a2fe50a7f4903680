import type { InferenceSession } from "onnxruntime-common";
import { encodeModel } from "../../onnx/encode.js";
import type { Backend, LoadOptions } from "../backend.js";
import { loadedModel } from "../loaded-model.js";
import { loadUnbroken } from "../rewrite-fallback.js";
import { buildFor, cores, handleMessages, providersOf } from "./runtime.js";

/**
 * onnxruntime-web: WebAssembly for `cpu`, its WebGPU build, loaded on first use, for `webgpu`. Where their `.wasm` files are
 * served from is set in the `env.wasm` of `onnxruntime-web/wasm` or `onnxruntime-web/webgpu`, or by `chooseRuntime`.
 */
export const backend: Backend = {
  devices: ["cpu", "webgpu"],
  cores,
  async load(model, options) {
    if (options.trace !== undefined) throw new Error("`trace` needs a file system");
    const { InferenceSession, env } = await buildFor(options.device);
    // One number for every session of the build: that of the first.
    env.wasm.numThreads ??= options.threads;
    const config = configOf(options);
    const source = typeof model === "string" ? model : encodeModel(model);
    const create = (changed: typeof config) => InferenceSession.create(source as string, changed);
    const loaded = loadedModel(await loadUnbroken(create, config));
    return {
      ...loaded,
      async run(feeds, fetch) {
        await handleMessages();
        return loaded.run(feeds, fetch);
      },
    };
  },
};

const configOf = ({ device, optimization }: LoadOptions): InferenceSession.SessionOptions => ({
  executionProviders: providersOf(device),
  graphOptimizationLevel: optimization,
  enableMemPattern: false,
  logSeverityLevel: 4,
});
