import { UserError } from "../errors.js";
import { compactL, compactM, compactS } from "./compact.js";
import type { Network } from "./network.js";
import { pix2pix } from "./pix2pix.js";
import { pyramidM, pyramidS } from "./pyramid.js";
import { srdensenet } from "./srdensenet.js";
import { srresnet } from "./srresnet.js";
import { unet } from "./unet.js";

/** Processor architectures that can be built by name. */
export const networks: readonly Network[] = [
  compactS,
  compactM,
  compactL,
  pyramidS,
  pyramidM,
  srresnet,
  srdensenet,
  pix2pix,
  unet,
];

/** The name of the default processor. */
export const DEFAULT_NETWORK = compactM.name;

/**
 * The processor architecture of that name.
 * @throws UserError for an unknown name or a scale that the network does not support.
 */
export function findNetwork(name: string, scale: number): Network {
  const network = networks.find((candidate) => candidate.name === name);
  if (!network)
    throw new UserError(
      `cannot build processor "${name}": unknown network; give an .onnx file or one of ${networks.map((n) => n.name).join(", ")}`,
    );
  if (!network.scales.includes(scale))
    throw new UserError(
      `cannot build processor "${name}" for scale ${scale}: it supports only ${network.scales.join(", ")}`,
    );
  return network;
}
