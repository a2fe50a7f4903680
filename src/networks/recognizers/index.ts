import { UserError } from "../../errors.js";
import type { Graph } from "../../onnx/graph.js";
import { densenet } from "./densenet.js";
import { mobilenet } from "./mobilenet.js";
import type { RecognizerNetwork } from "./recognizer.js";
import { resnet } from "./resnet.js";
import { smallMobile, smallResnet, smallVgg } from "./small.js";
import { vgg } from "./vgg.js";
import { vit } from "./vit.js";

/** Recognizer architectures that can be built by name. */
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

/** The smallest image side that all of them support; below it, a stage would have no pixels left. */
const MIN_SIZE = 16;

/**
 * An untrained recognizer for square images of `size` x `size` pixels. Its initial weights depend only on `seed`.
 * @throws UserError for an unknown name or a size that the network does not support.
 */
export function buildRecognizer(name: string, classes: number, size: number, seed: number): Graph {
  const network = recognizerNetworks.find((candidate) => candidate.name === name);
  if (network && size < MIN_SIZE)
    throw new UserError(
      `cannot build recognizer "${name}": \`size\` ${size} is below the minimum of ${MIN_SIZE} pixels`,
    );
  if (network) return network.build(classes, size, seed);
  throw new UserError(
    `cannot build recognizer "${name}": unknown network; give one of ${recognizerNetworks.map((each) => each.name).join(", ")}`,
  );
}
