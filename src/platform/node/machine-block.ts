import { blockProbe, probedBlock } from "../../onnx/block-probe.js";
import { encodeModel } from "../../onnx/encode.js";
import { NCHWC } from "../../onnx/nchwc-weights.js";
import type { ModelMessageShape } from "../../onnx/schema.js";
import { telemetryIsOff } from "./telemetry.js";

/** The block size of this machine, if a file has operators in ONNX Runtime's blocked layout; undefined for other files. */
export const machineBlockFor = async ({ graph }: ModelMessageShape): Promise<number | null | undefined> =>
  graph?.node.some(({ domain }) => domain === NCHWC) ? measured() : undefined;

/** As `blockSize` of passes/, which is above this folder. ONNX Runtime is loaded for files that need it only. */
async function measured(): Promise<number | null> {
  await telemetryIsOff;
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  const { graph, x } = blockProbe();
  try {
    const session = await InferenceSession.create(encodeModel(graph), { logSeverityLevel: 3 });
    const { y } = await session.run({ x: new Tensor("float32", x.data as Float32Array, x.shape) });
    await session.release();
    return probedBlock(y?.data as Float32Array);
  } catch {
    return null;
  }
}
