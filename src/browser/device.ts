/// <reference lib="dom" />
import { messageOf, UserError } from "../errors.js";
import { GraphBuilder } from "../onnx/builder.js";
import { Session, type SessionOptions } from "../runtime/session.js";
import { chooseRuntime, cores, type RuntimeBuild, runtimeFiles } from "../runtime/web/runtime.js";
import type { BrowserOptions, UsedDevice } from "./api.js";
import type { OpenRequest } from "./protocol.js";

/** The most threads that are used if none are chosen: more do not speed up small networks. */
const MOST_THREADS = 8;

/** The parts of WebGPU that are read here. */
interface Adapter {
  readonly info?: {
    readonly vendor: string;
    readonly architecture: string;
    readonly description: string;
    readonly isFallbackAdapter?: boolean;
  };
}
interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}

/** A started onnxruntime-web, and the options of its sessions. */
export interface Started {
  readonly used: UsedDevice;
  readonly session: SessionOptions;
}

/**
 * Chooses the device and the threads, and loads onnxruntime-web.
 * @throws UserError when the device is not possible here, or a file cannot be loaded.
 */
export async function startRuntime({ folder, device, threads }: OpenRequest): Promise<Started> {
  const gpu = device === "cpu" ? undefined : await findGpu();
  if (device === "webgpu" && gpu?.adapter === undefined)
    throw new UserError(`cannot compute on webgpu: ${gpu?.missing} (\`device\` cpu always works)`);
  const onGpu = device === "webgpu" || (gpu?.adapter !== undefined && !gpu.isSoftware);
  const build = onGpu ? "webgpu" : "wasm";
  const count = threadsOf(threads);
  await chooseRuntime({ build, threads: count, folder });
  await requireRuns(folder, build);
  const reasons = [...(onGpu ? [] : [gpu?.missing]), threadsMissing(threads)].filter((each) => each !== undefined);
  return {
    used: {
      device: onGpu ? "webgpu" : "cpu",
      threads: count,
      ...(onGpu && gpu?.adapter !== undefined && { adapter: gpu.adapter }),
      ...(reasons.length > 0 && { fallback: reasons.join("; ") }),
    },
    session: { device: onGpu ? "webgpu" : "cpu", threads: count },
  };
}

/** Threads of WebAssembly. @throws UserError for a number that is none. */
function threadsOf(given: BrowserOptions["threads"]): number {
  if (given !== undefined && (!Number.isInteger(given) || given < 1))
    throw new UserError(`\`threads\` is ${given}; expected a whole number of 1 or more`);
  return Math.min(given ?? MOST_THREADS, cores);
}

function threadsMissing(given: BrowserOptions["threads"]): string | undefined {
  if (given === 1 || globalThis.crossOriginIsolated) return undefined;
  return "WebAssembly has one thread, because the page is not cross-origin isolated";
}

/** What the browser offers of WebGPU: its adapter, or why it is not used unless it is asked for. */
interface FoundGpu {
  readonly adapter?: string;
  readonly isSoftware?: boolean;
  readonly missing?: string;
}

async function findGpu(): Promise<FoundGpu> {
  const { gpu } = navigator as { readonly gpu?: Gpu };
  if (!gpu) return { missing: "the browser has no WebGPU" };
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (!adapter) return { missing: "WebGPU has no adapter here" };
  const { vendor = "", architecture = "", description = "", isFallbackAdapter = false } = adapter.info ?? {};
  const title = [vendor, architecture, description].filter((part) => part !== "").join(" ") || "unnamed";
  const isSoftware = isFallbackAdapter || /swiftshader|llvmpipe|software|basic render/i.test(title);
  if (!isSoftware) return { adapter: title };
  return { adapter: `${title} (software)`, isSoftware, missing: "the adapter of WebGPU is a software one" };
}

/** Runs a graph of one operator. @throws UserError that names the file of onnxruntime-web that cannot be loaded. */
async function requireRuns(folder: string, build: RuntimeBuild): Promise<void> {
  const b = new GraphBuilder("start");
  b.output("y", b.Neg(b.input("x", [1])));
  try {
    await (await Session.create(b.build())).release();
  } catch (error) {
    for (const extension of ["mjs", "wasm"]) await requireFile(`${folder}${runtimeFiles[build]}.${extension}`);
    throw new UserError(`cannot start ${folder}${runtimeFiles[build]}.wasm: ${messageOf(error)}`);
  }
}

async function requireFile(address: string): Promise<void> {
  const response = await fetch(address, { method: "HEAD" }).catch((error: unknown) => {
    throw new UserError(`cannot load ${address}: ${messageOf(error)}`);
  });
  if (!response.ok) throw new UserError(`cannot load ${address}: the server answers ${response.status}`);
}
