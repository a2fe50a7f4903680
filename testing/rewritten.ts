import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import { lossGradients } from "../src/inspection/gradient.js";
import { decodeModel } from "../src/onnx/decode.js";
import { encodeModel } from "../src/onnx/encode.js";
import type { Graph } from "../src/onnx/graph.js";
import { float32, sizeOf, type Tensor } from "../src/onnx/tensor.js";
import { randomAt } from "../src/random.js";
import { Session, type Tensors } from "../src/runtime/session.js";
import { relativeL2 } from "./fixtures.js";

/** The domain of ONNX Runtime's own operators. */
export const MICROSOFT = "com.microsoft";

/** Random numbers of a standard normal distribution, the same for the same seed and shape. */
export function normal(shape: readonly number[], seed: number, scale = 1): Tensor {
  const random = randomAt(seed, 0);
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => scale * random.normal()),
    shape,
  );
}

/** The bytes of the file that ONNX Runtime writes when it has optimized a graph at a level. */
export async function optimizedFile(graph: Graph, level: "basic" | "extended" | "all"): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "legible-optimized-"));
  try {
    const path = join(folder, "optimized.onnx");
    const session = await InferenceSession.create(encodeModel(graph), {
      graphOptimizationLevel: level,
      optimizedModelFilePath: path,
      logSeverityLevel: 3,
    });
    await session.release();
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs a graph, or the bytes of a file as ONNX Runtime reads them. */
export async function outputsOf(model: Graph, feeds: Tensors): Promise<Tensors> {
  const session = await Session.create(model);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** The graph as it is read from a file; every operator of it must be standard. */
export function readBack(graph: Graph): Graph {
  const read = decodeModel(encodeModel(graph));
  assert.deepEqual(
    read.nodes.filter(({ domain }) => domain !== "").map(({ op }) => op),
    [],
  );
  return read;
}

/** Asserts that outputs are equal up to a relative error. */
export function assertClose(got: Tensors, expected: Tensors, tolerance: number): void {
  assert.deepEqual(Object.keys(got), Object.keys(expected));
  for (const [name, tensor] of Object.entries(expected)) {
    assert.deepEqual(got[name]?.shape, tensor.shape, name);
    const error = relativeL2(got[name] as Tensor, tensor);
    assert.ok(error <= tolerance, `${name} differs by ${error}`);
  }
}

/** d Σ output·weight / d input for the first output and every float32 input; the weights follow from the seed. */
export async function gradientsOf(graph: Graph, feeds: Tensors, shape: readonly number[], seed = 9): Promise<Tensors> {
  const output = graph.outputs[0]?.name ?? "";
  const tensors = { ...feeds, weight: normal(shape, seed) };
  return (await lossGradients(graph, tensors, { loss: "weighted-sum", output })).gradients as Tensors;
}
