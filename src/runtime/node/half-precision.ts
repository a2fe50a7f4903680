import { Tensor } from "onnxruntime-node";

/**
 * Has ONNX Runtime's Tensor hold float16 as bits in a Uint16Array, as `Tensor` of this package does. Where there is a
 * Float16Array (Node.js 24 and newer) it would hold them in that, which onnxruntime-node 1.30 reads as empty. It chooses
 * once, when its first tensor is made.
 */
export function keepHalvesAsBits(): void {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, "Float16Array");
  if (!descriptor) return;
  Reflect.deleteProperty(globalThis, "Float16Array");
  new Tensor("bool", [true]);
  Object.defineProperty(globalThis, "Float16Array", descriptor);
}
