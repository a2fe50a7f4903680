import { backend } from "#backend";
import { UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import type { Device, LoadedModel, LoadOptions, Tensors } from "./backend.js";
import { runtimeReason } from "./reason.js";

export type { Device, Tensors } from "./backend.js";

/** Settings of ONNX Runtime. */
export interface SessionOptions {
  /** Where to compute. Default: cpu. */
  device?: Device;
  /** Intra-op threads of ONNX Runtime. Default: LEGIBLE_THREADS in the environment (in Node), or one per core. */
  threads?: number | undefined;
  /** How far ONNX Runtime may rewrite the graph. Default: all. */
  optimization?: LoadOptions["optimization"];
  /** Start of the path of a file to which ONNX Runtime writes the time of each operator; Node only. Default: no trace. */
  trace?: string;
}

/**
 * A graph loaded by ONNX Runtime, ready to run. In Node, `run` blocks the event loop: CPU work that must not wait belongs in
 * a worker thread.
 */
export class Session {
  private constructor(
    private readonly model: LoadedModel,
    /** The device that computes. */
    readonly device: Device,
  ) {}

  /**
   * @param model a graph, or the path (in the browser the URL) of an ONNX file.
   * @throws UserError when ONNX Runtime rejects the model or cannot compute on the device.
   */
  static async create(model: Graph | string, options: SessionOptions = {}): Promise<Session> {
    const { device = "cpu", threads = backend.cores, optimization = "all", trace } = options;
    if (!backend.devices.includes(device))
      throw new UserError(`cannot compute on ${device}; possible here: ${backend.devices.join(", ")}`);
    const loading = backend.load(model, { device, threads, optimization, ...(trace !== undefined && { trace }) });
    return new Session(await loading.catch((error: unknown) => fail(model, device, error)), device);
  }

  get inputNames(): readonly string[] {
    return this.model.inputNames;
  }

  get outputNames(): readonly string[] {
    return this.model.outputNames;
  }

  /** The shapes of outputs that ONNX Runtime infers in full; also [] for an output of which it infers nothing. */
  get outputShapes(): ReadonlyMap<string, readonly number[]> {
    return this.model.outputShapes;
  }

  /**
   * Computes the outputs (all of them, or those in `fetch`) from tensors named like the graph's inputs.
   * @throws UserError when an input's tensor is missing or an output holds strings.
   */
  async run(feeds: Tensors, fetch?: readonly string[]): Promise<Tensors> {
    return this.model.run(this.inputsFrom(feeds), fetch);
  }

  private inputsFrom(feeds: Tensors): Tensors {
    const given = (name: string) => {
      const tensor = feeds[name];
      if (tensor) return [name, tensor] as const;
      throw new UserError(`the graph needs the input "${name}"; given: ${Object.keys(feeds).join(", ")}`);
    };
    return Object.fromEntries(this.inputNames.map(given));
  }

  /** Completes the trace file. */
  endTrace(): void {
    this.model.endTrace();
  }

  /** Frees the memory now, without waiting for garbage collection. */
  async release(): Promise<void> {
    await this.model.release();
  }
}

/** Rethrows an error of the backend with what was attempted. */
function fail(model: Graph | string, device: Device, error: unknown): never {
  const reason = runtimeReason(error);
  if (device !== "cpu" && /provider|adapter|backend/i.test(reason))
    throw new UserError(`cannot compute on ${device}: ${reason} (\`device\` cpu always works)`);
  throw new UserError(`ONNX Runtime cannot load ${typeof model === "string" ? model : model.name}: ${reason}`);
}
