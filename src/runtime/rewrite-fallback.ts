import type { InferenceSession } from "onnxruntime-common";
import { messageOf } from "../errors.js";

type Config = InferenceSession.SessionOptions;

/** Rewrites by which ONNX Runtime 1.30 breaks some models: the message of its error, and the option without that rewrite. */
const rewrites: readonly { readonly message: RegExp; readonly without: Config }[] = [
  // From opset 21 on: behind a DequantizeLinear of int8 and a Reshape or Transpose it adds a QuantizeLinear for uint8, and then
  // rejects the node. Only such models compute their quantized operators in float32.
  {
    message: /output_dtype \w+ does not match y_zero_point type/,
    without: { extra: { session: { disable_quant_qdq: "1" } } },
  },
  // A value that is an output and is padded for a convolution: the padding becomes a part of the convolution, whose input then
  // keeps the value's name while the value gets that of the output.
  {
    message: /Node input '.*' is not a graph input, initializer, or output of a previous node/,
    without: { extra: { optimization: { disable_specified_optimizers: "Pad_Fusion" } } },
  },
];

/** Loads a model; if ONNX Runtime breaks it by one of its own rewrites, without that rewrite. */
export async function loadUnbroken<T>(create: (config: Config) => Promise<T>, config: Config): Promise<T> {
  try {
    return await create(config);
  } catch (error) {
    const broken = rewrites.find(({ message }) => message.test(messageOf(error)));
    if (!broken) throw error;
    return create({ ...config, ...broken.without });
  }
}
