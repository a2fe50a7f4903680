import type { Graph } from "../onnx/graph.js";
import type { Tensor } from "../onnx/tensor.js";

/** The execution provider of ONNX Runtime. Operators that cuda or webgpu lacks run on the CPU. */
export type Device = "cpu" | "cuda" | "webgpu";

/** Tensors by the names of a graph's inputs or outputs. */
export type Tensors = Record<string, Tensor>;

/** How a backend loads a model. */
export interface LoadOptions {
  readonly device: Device;
  /** Intra-op threads of ONNX Runtime. */
  readonly threads: number;
  /** How far ONNX Runtime may rewrite the graph. */
  readonly optimization: "disabled" | "basic" | "extended" | "all";
  /** Start of the path of the trace file. Default: no trace. */
  readonly trace?: string;
}

/** A model that ONNX Runtime has loaded. */
export interface LoadedModel {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** The shapes of outputs that ONNX Runtime infers in full; also [] for an output of which it infers nothing. */
  readonly outputShapes: ReadonlyMap<string, readonly number[]>;
  /**
   * Computes the outputs, all of them or those in `fetch`.
   * @param feeds a tensor for each input.
   */
  run(feeds: Tensors, fetch?: readonly string[]): Promise<Tensors>;
  /** Completes the trace file. */
  endTrace(): void;
  /** Frees the memory. */
  release(): Promise<void>;
}

/**
 * A build of ONNX Runtime. `Session` imports it as `#backend`, which package.json resolves to `web/backend.ts` under the
 * condition `browser` and to `node/backend.ts` otherwise.
 */
export interface Backend {
  /** Devices that this build can compute on. */
  readonly devices: readonly Device[];
  /** Processor cores that one operator can use. @throws UserError when a setting of the environment is no number of them. */
  readonly cores: number;
  /**
   * @param model a graph, or the path (in the browser the URL) of an ONNX file.
   * @throws Error when ONNX Runtime rejects the model, the device or an option.
   */
  load(model: Graph | string, options: LoadOptions): Promise<LoadedModel>;
}
