import { float32, type Tensor, toNumbers } from "../src/onnx/tensor.js";
import { LOGITS } from "../src/recognition/model.js";
import { type RecognizerSettings, readRecognizer } from "../src/recognition/recognizer.js";
import { Session } from "../src/runtime/session.js";

/** The class scores of a recognizer for one image at its own size: [3, size, size], RGB in [0, 1]. */
export async function scoresOf(path: string, settings: RecognizerSettings, image: Float32Array): Promise<number[]> {
  const { graph, preprocessing } = await readRecognizer(path, settings);
  const session = await Session.create(graph);
  const outputs = await session.run({ image: float32(image, [1, 3, preprocessing.size, preprocessing.size]) });
  return toNumbers(outputs[LOGITS] as Tensor);
}
