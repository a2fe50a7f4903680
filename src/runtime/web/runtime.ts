import type { InferenceSession } from "onnxruntime-common";
import * as wasm from "onnxruntime-web/wasm";

/** What this module reads of the browser. Without cross-origin isolation WebAssembly has one thread. */
const browser = globalThis as {
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly hardwareConcurrency: number };
};

/** The threads that WebAssembly can have here. */
export const cores: number = browser.crossOriginIsolated ? (browser.navigator?.hardwareConcurrency ?? 1) : 1;

/** The builds of onnxruntime-web: WebAssembly alone, or with WebGPU. */
export type RuntimeBuild = "wasm" | "webgpu";

/** What a page decides about onnxruntime-web before its first session. */
export interface RuntimeChoice {
  /** The build of every session, so that only one is transferred. */
  readonly build: RuntimeBuild;
  readonly threads: number;
  /** The folder of the `.mjs` and `.wasm` files, with a slash at the end. */
  readonly folder: string;
}

/** The names of a build's files, without their extensions. */
export const runtimeFiles: Readonly<Record<RuntimeBuild, string>> = {
  wasm: "ort-wasm-simd-threaded",
  webgpu: "ort-wasm-simd-threaded.asyncify",
};

type Build = Pick<typeof wasm, "InferenceSession" | "env">;

const load = async (build: RuntimeBuild): Promise<Build> =>
  build === "webgpu" ? import("onnxruntime-web/webgpu") : wasm;

let chosen: Promise<Build> | undefined;

/** Decides the build, its threads and where its files are. Without it each device has the build that it needs. */
export async function chooseRuntime({ build, threads, folder }: RuntimeChoice): Promise<void> {
  chosen = load(build);
  const { env } = await chosen;
  const file = folder + runtimeFiles[build];
  env.wasm.wasmPaths = { mjs: `${file}.mjs`, wasm: `${file}.wasm` };
  env.wasm.numThreads = threads;
}

/** The build for a device. */
export const buildFor = (device: string): Promise<Build> => chosen ?? load(device === "webgpu" ? "webgpu" : "wasm");

/** The execution providers of a device, the preferred one first. */
export const providersOf = (device: string): InferenceSession.SessionOptions["executionProviders"] & object =>
  device === "webgpu" ? ["webgpu", "wasm"] : ["wasm"];

/** Lets the messages that a worker has received be handled, such as that of a cancellation: a run blocks its thread. */
export function handleMessages(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
