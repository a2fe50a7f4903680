import { UserError } from "../../errors.js";
import type { Graph } from "../../onnx/graph.js";
import { densenet } from "./densenet.js";
import { mobilenet } from "./mobilenet.js";
import type { RecognizerNetwork } from "./recognizer.js";
import { resnet } from "./resnet.js";
import { smallMobile, smallResnet, smallVgg } from "./small.js";
import { vgg } from "./vgg.js";
import { vit } from "./vit.js";

/** Every recognizer that can be built by name. */
export const recognizerNetworks: readonly RecognizerNetwork[] = [
  resnet,
  vgg,
  densenet,
  mobilenet,
  vit,
  smallVgg,
  smallResnet,
  smallMobile,
];

/** The smallest side that all of them can halve as often as they do. */
const SMALLEST = 16;

/**
 * An untrained recognizer for square pictures of `size` pixels; its weights follow from the seed.
 * @throws UserError for an unknown name or a size that the network cannot be made for.
 */
export function buildRecognizer(name: string, classes: number, size: number, seed: number): Graph {
  const network = recognizerNetworks.find((candidate) => candidate.name === name);
  if (network && size < SMALLEST)
    throw new UserError(`recognizers are made for pictures of ${SMALLEST} pixels a side or more, not of ${size}`);
  if (network) return network.build(classes, size, seed);
  throw new UserError(
    `there is no recognizer "${name}" to train; give one of ${recognizerNetworks.map((each) => each.name).join(", ")}`,
  );
}
