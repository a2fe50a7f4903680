import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { GraphBuilder, int } from "../src/onnx/builder.js";
import type { Dim } from "../src/onnx/graph.js";
import { typeCodes } from "../src/onnx/schema.js";
import { type DataType, float32, sizeOf } from "../src/onnx/tensor.js";
import { writeModel } from "../src/platform/node/models.js";
import { randomAt } from "../src/random.js";
import { temporaryFolder } from "./workspace.js";

/** Side in pixels of the input of the small detectors. */
export const SIDE = 32;

/** A detector to be written. */
export interface DetectorSpec {
  /** Default: [1, 3, 32, 32]. */
  readonly shape?: readonly Dim[];
  readonly type?: DataType;
  /** The sidecar. Default: RGB in [0, 1]. */
  readonly sidecar?: object;
  readonly metadata?: Record<string, string>;
  /** @returns the values of the outputs by name, given the image [N, 3, 32, 32] in float32. */
  build(b: GraphBuilder, image: string): Readonly<Record<string, string>>;
}

/** Writes a detector and its sidecar to a temporary folder. @returns the path of the ONNX file. */
export async function writeDetector(t: TestContext, spec: DetectorSpec): Promise<string> {
  const { shape = [1, 3, SIDE, SIDE], type = "float32", sidecar = { input: {} }, metadata, build } = spec;
  const b = new GraphBuilder("detector");
  const input = b.input("images", shape, type);
  const values = type === "float32" ? input : b.add("Cast", [input], { to: int(typeCodes.float32) });
  for (const [name, value] of Object.entries(build(b, values))) b.output(name, value);
  const path = join(temporaryFolder(t), "detector.onnx");
  await writeModel(b.build(metadata), path);
  if (!metadata) writeFileSync(path.replace(/onnx$/, "json"), JSON.stringify(sidecar));
  return path;
}

/** A convolution with small random weights: [N, channels, 32 / stride, 32 / stride]. */
export function randomHead(b: GraphBuilder, image: string, channels: number, stride: number, seed = 1): string {
  const random = randomAt(seed, channels);
  const shape = [channels, 3, stride, stride];
  const weights = Float32Array.from({ length: sizeOf(shape) }, () => (2 * random.normal()) / stride);
  const bias = Float32Array.from({ length: channels }, () => random.normal());
  return b.Conv(image, b.constant(float32(weights, shape)), b.constant(float32(bias)), { strides: [stride, stride] });
}

/** A head as rows [N, cells, channels]. */
export const randomRows = (b: GraphBuilder, image: string, channels: number, stride: number, seed = 1): string =>
  b.Transpose(b.Reshape(randomHead(b, image, channels, stride, seed), [-1, channels, (SIDE / stride) ** 2]), [0, 2, 1]);
