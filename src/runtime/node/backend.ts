import { env, InferenceSession } from "onnxruntime-node";
import { encodeModel, weightBytes } from "../../onnx/encode.js";
import { coreCount } from "../../platform/node/core-count.js";
import { withModelFile } from "../../platform/node/models.js";
import { telemetryIsOff } from "../../platform/node/telemetry.js";
import type { Backend } from "../backend.js";
import { loadedModel } from "../loaded-model.js";
import { loadUnbroken } from "../rewrite-fallback.js";
import { keepHalvesAsBits } from "./half-precision.js";

keepHalvesAsBits();
// Errors come as exceptions, with their message; ONNX Runtime would also write them to standard error, in color.
env.logLevel = "fatal";

/** Weights beyond this many bytes go through a file: as the bytes of a model they would be in memory twice while loading. */
const INLINE_LIMIT = 16 * 2 ** 20;

/**
 * onnxruntime-node. Its `run` is a synchronous native call behind a promise: it blocks the event loop, so CPU work that must
 * not wait (decoding, degrading) belongs in a worker thread.
 */
export const backend: Backend = {
  devices: ["cpu", "cuda", "webgpu"],
  get cores() {
    return coreCount();
  },
  async load(model, { device, threads, optimization, trace }) {
    await telemetryIsOff;
    const config: InferenceSession.SessionOptions = {
      executionProviders: device === "cpu" ? ["cpu"] : [device, "cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: optimization,
      // Planning memory costs memory on top of the first run's: 1.9 GiB instead of 1.1 for a step, no faster.
      enableMemPattern: false,
      logSeverityLevel: 4,
      ...(trace !== undefined && { enableProfiling: true, profileFilePrefix: trace }),
    };
    const load = (source: string | Uint8Array) =>
      loadUnbroken((options) => InferenceSession.create(source as string, options), config);
    if (typeof model === "string") return loadedModel(await load(model));
    const session = weightBytes(model) <= INLINE_LIMIT ? load(encodeModel(model)) : withModelFile(model, load);
    return loadedModel(await session);
  },
};
