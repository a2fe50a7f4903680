import type { InferenceSession } from "onnxruntime-common";
import { messageOf } from "../errors.js";

/** The option with which ONNX Runtime computes quantized nodes as they are. */
const UNFUSED = { extra: { session: { disable_quant_qdq: "1" } } };

/**
 * Loads a model; if ONNX Runtime breaks it by its own rewrite of quantization, without that rewrite. ONNX Runtime 1.30 does so
 * from opset 21 on: behind a DequantizeLinear of int8 and a Reshape or Transpose it adds a QuantizeLinear for uint8, and then
 * rejects the node. Only such models compute their quantized operators in float32.
 */
export async function loadQuantized<T>(
  create: (config: InferenceSession.SessionOptions) => Promise<T>,
  config: InferenceSession.SessionOptions,
): Promise<T> {
  try {
    return await create(config);
  } catch (error) {
    if (!/output_dtype \w+ does not match y_zero_point type/.test(messageOf(error))) throw error;
    return create({ ...config, ...UNFUSED });
  }
}
