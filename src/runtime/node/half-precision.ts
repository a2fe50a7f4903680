import * as common from "onnxruntime-common";
import * as node from "onnxruntime-node";

/**
 * Has ONNX Runtime's tensors hold float16 as bits in a Uint16Array, as `Tensor` of this package does. Where there is a
 * Float16Array (Node.js 24 and newer) they would hold it in that, which onnxruntime-node 1.30 reads as empty. The choice is
 * made with the first tensor, once in each of the two copies: onnxruntime-node loads the CommonJS one of onnxruntime-common.
 */
export function keepHalvesAsBits(): void {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, "Float16Array");
  if (!descriptor) return;
  Reflect.deleteProperty(globalThis, "Float16Array");
  for (const { Tensor } of [common, node]) new Tensor("bool", [true]);
  Object.defineProperty(globalThis, "Float16Array", descriptor);
}
