import { encodeModel } from "../onnx/encode.js";
import { interpolateProcessors } from "../processors/average.js";
import type { BrowserProcessor } from "./api.js";
import type { Work } from "./work.js";

/** As `Legible.interpolate`. */
export async function interpolate(
  { models }: Work,
  first: BrowserProcessor,
  second: BrowserProcessor,
  balance: number,
): Promise<BrowserProcessor> {
  const [plain, recognition] = [models.processor(first), models.processor(second)];
  const processor = recognition.withWeights(interpolateProcessors(plain.graph, recognition.graph, balance));
  const { card } = processor;
  return models.addProcessor(processor, {
    name: `${first.name} ${1 - balance} + ${second.name} ${balance}`,
    scale: second.scale,
    bytes: encodeModel(processor.graph).length,
    ...(card && { card }),
  });
}
