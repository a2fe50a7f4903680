import { UserError } from "../../errors.js";
import type { Graph } from "../../onnx/graph.js";
import { type DetectorNetwork, gridDetector } from "./detector.js";

/** Detector architectures that can be built by name, the default first. */
export const detectorNetworks: readonly DetectorNetwork[] = [
  gridDetector("grid", "anchor-free grid detector of stride 8: 3 residual blocks of 48 to 96 channels", {
    stages: [24, 48, 72, 96],
    blocks: 1,
  }),
  gridDetector("grid-m", "the same, with 6 residual blocks of 64 to 192 channels", {
    stages: [32, 64, 128, 192],
    blocks: 2,
  }),
];

/**
 * An untrained detector. Its initial weights depend only on `seed`.
 * @throws UserError for an unknown name.
 */
export function buildDetector(name: string, classes: number, seed: number): Graph {
  const network = detectorNetworks.find((candidate) => candidate.name === name);
  if (network) return network.build(classes, seed);
  throw new UserError(
    `cannot build detector "${name}": unknown network; give one of ${detectorNetworks.map((each) => each.name).join(", ")}`,
  );
}
