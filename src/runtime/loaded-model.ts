import { type InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { UserError } from "../errors.js";
import type { NumericData, Tensor } from "../onnx/tensor.js";
import type { LoadedModel, Tensors } from "./backend.js";
import { runtimeReason } from "./reason.js";

/** A session of onnxruntime-node or onnxruntime-web, which share the interface of onnxruntime-common. */
export const loadedModel = (session: InferenceSession): LoadedModel => ({
  inputNames: session.inputNames,
  outputNames: session.outputNames,
  outputShapes: outputShapesOf(session),
  async run(feeds, fetch) {
    const inputs = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)]));
    const results = fetch ? session.run(inputs, [...fetch]) : session.run(inputs);
    return fromOrt(
      await results.catch((error: unknown) => {
        throw new Error(runtimeReason(error), { cause: error });
      }),
    );
  },
  endTrace: () => session.endProfiling(),
  release: () => session.release(),
});

function outputShapesOf({ outputMetadata }: InferenceSession): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const each of outputMetadata)
    if (each.isTensor && each.shape.every((size) => typeof size === "number")) shapes.set(each.name, each.shape);
  return shapes;
}

const toOrt = ({ type, data, shape }: Tensor): OrtTensor =>
  new OrtTensor(type as "float32", data as Float32Array, shape);

/** @throws UserError when an output holds strings. */
function fromOrt(results: InferenceSession.OnnxValueMapType): Tensors {
  const outputs: Tensors = {};
  for (const [name, value] of Object.entries(results)) {
    if (value.type === "string") throw new UserError(`output "${name}" holds strings, which Legible does not read`);
    outputs[name] = { type: value.type as Tensor["type"], shape: value.dims, data: value.data as NumericData };
  }
  return outputs;
}
