import { cpus } from "node:os";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { messageOf, UserError } from "../errors.js";
import { encodeModel, weightBytes } from "../onnx/encode.js";
import type { Graph } from "../onnx/graph.js";
import type { NumericData, Tensor } from "../onnx/tensor.js";
import { withModelFile } from "../platform/node/models.js";
import { keepHalvesAsBits } from "./node/half-precision.js";

keepHalvesAsBits();

/** The device that computes. */
export type Device = "cpu" | "cuda" | "webgpu";

/** Settings of ONNX Runtime. */
export interface SessionOptions {
  /** Where to compute. Default: cpu. */
  device?: Device;
  /** Threads inside one operator. Default: one per core. */
  threads?: number;
  /** How far ONNX Runtime may rewrite the graph. Default: all. */
  optimization?: "disabled" | "basic" | "extended" | "all";
  /** Beginning of the path of a file in which ONNX Runtime notes what each operator took. Default: no notes. */
  trace?: string;
}

/** Tensors by the names of inputs or outputs. */
export type Tensors = Record<string, Tensor>;

/** Weights of more bytes go to the runtime by a file: as bytes of a model they would be in memory twice over meanwhile. */
const BY_FILE = 16 * 2 ** 20;

/**
 * A graph made ready to run by ONNX Runtime.
 *
 * `run` is a synchronous native call behind its promise: it blocks the event loop, so whatever has to go on
 * meanwhile (decoding, degrading) belongs in a worker thread.
 */
export class Session {
  private constructor(
    private readonly session: InferenceSession,
    /** The device that computes. */
    readonly device: Device,
  ) {}

  /**
   * @throws UserError when ONNX Runtime rejects the graph or the file.
   */
  static async create(model: Graph | string, options: SessionOptions = {}): Promise<Session> {
    const { device = "cpu", threads = cpus().length, optimization = "all", trace } = options;
    const config: InferenceSession.SessionOptions = {
      executionProviders: device === "cpu" ? ["cpu"] : [device, "cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: optimization,
      // A plan of the memory comes on top of what the first run took: 1.9 GiB in place of 1.1 for a step, no faster.
      enableMemPattern: false,
      logSeverityLevel: 3,
      ...(trace !== undefined && { enableProfiling: true, profileFilePrefix: trace }),
    };
    const load = (source: string | Uint8Array) => InferenceSession.create(source as string, config);
    try {
      if (typeof model === "string") return new Session(await load(model), device);
      const session = weightBytes(model) <= BY_FILE ? load(encodeModel(model)) : withModelFile(model, load);
      return new Session(await session, device);
    } catch (error) {
      if (device !== "cpu" && /provider|adapter|backend/i.test(messageOf(error)))
        throw new UserError(`cannot compute on ${device}: ${messageOf(error)} (--device cpu always works)`);
      throw new UserError(
        `ONNX Runtime cannot load ${typeof model === "string" ? model : model.name}: ${messageOf(error)}`,
      );
    }
  }

  get inputNames(): readonly string[] {
    return this.session.inputNames;
  }

  get outputNames(): readonly string[] {
    return this.session.outputNames;
  }

  /** The shapes of outputs as ONNX Runtime infers them, where it knows every size; [] also where it knows nothing. */
  get outputShapes(): ReadonlyMap<string, readonly number[]> {
    const declared = new Map<string, readonly number[]>();
    for (const each of this.session.outputMetadata)
      if (each.isTensor && each.shape.every((size) => typeof size === "number")) declared.set(each.name, each.shape);
    return declared;
  }

  /**
   * Computes the outputs (all of them, or those in `fetch`) from tensors named like the graph's inputs.
   * @throws UserError when the tensors do not fit the graph.
   */
  async run(feeds: Tensors, fetch?: readonly string[]): Promise<Tensors> {
    const inputs: Record<string, OrtTensor> = {};
    for (const name of this.session.inputNames) {
      const tensor = feeds[name];
      if (!tensor) throw new UserError(`the graph wants the input "${name}"; given: ${Object.keys(feeds).join(", ")}`);
      inputs[name] = new OrtTensor(tensor.type as "float32", tensor.data as Float32Array, tensor.shape);
    }
    const results = fetch ? await this.session.run(inputs, [...fetch]) : await this.session.run(inputs);
    const outputs: Tensors = {};
    for (const [name, value] of Object.entries(results)) {
      if (value.type === "string") throw new UserError(`output "${name}" holds strings, which Legible does not read`);
      outputs[name] = { type: value.type as Tensor["type"], shape: value.dims, data: value.data as NumericData };
    }
    return outputs;
  }

  /** Closes the trace, so that the file is whole. */
  endTrace(): void {
    this.session.endProfiling();
  }

  /** Gives the memory back now rather than at garbage collection. */
  async release(): Promise<void> {
    await this.session.release();
  }
}
