import { UserError } from "../errors.js";
import { compactL, compactM, compactS } from "./compact.js";
import type { Network } from "./network.js";
import { pix2pix } from "./pix2pix.js";
import { srdensenet } from "./srdensenet.js";
import { srresnet } from "./srresnet.js";
import { unet } from "./unet.js";

/** Every processor that can be built by name. */
export const networks: readonly Network[] = [compactS, compactM, compactL, srresnet, srdensenet, pix2pix, unet];

export const DEFAULT_NETWORK = compactM.name;

/** @throws UserError for an unknown name or a scale that the network is not made for. */
export function findNetwork(name: string, scale: number): Network {
  const network = networks.find((candidate) => candidate.name === name);
  if (!network)
    throw new UserError(
      `there is no processor "${name}"; give an .onnx file or one of ${networks.map((n) => n.name).join(", ")}`,
    );
  if (!network.scales.includes(scale))
    throw new UserError(`the processor ${name} enlarges by ${network.scales.join(", ")}, not by ${scale}`);
  return network;
}
