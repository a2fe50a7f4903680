import { compactS } from "../networks/compact.js";
import { findNetwork } from "../networks/index.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { IMAGE, type ImageNetwork, inlineImageNetwork, RESTORED } from "../processors/image-network.js";

/** The default network of T. */
export const DEFAULT_TRANSFORMER = compactS.name;

/** Prefix of the names of T's weights, which keeps them distinct from P's. */
const PREFIX = "transformer/";

/**
 * Builds T, a processor of scale 1 between P and R. The initial weights of the compact networks compute the identity.
 * @param name name of a network that supports scale 1
 * @throws UserError for an unknown name or a network that does not support scale 1.
 */
export function buildTransformer(name: string, seed: number): Graph {
  const network = findNetwork(name, 1).build(1, seed);
  const b = new GraphBuilder(network.name);
  const image = b.input(IMAGE, ["N", 3, "H", "W"]);
  b.output(RESTORED, b.inline(network, { [IMAGE]: image }, PREFIX)[RESTORED] as string);
  return b.build();
}

/** T(P(x)) as one network. Input `image` [N, 3, H, W] and output `restored` are RGB in [0, 1], whatever P's format. */
export function forRecognizers(processor: ImageNetwork, transformer: Graph): Graph {
  const b = new GraphBuilder(processor.graph.name);
  const image = b.input(IMAGE, ["N", 3, "H", "W"]);
  const restored = inlineImageNetwork(b, processor, image);
  b.output(RESTORED, b.inline(transformer, { [IMAGE]: restored }, "T/")[RESTORED] as string, [
    "N",
    3,
    "H_out",
    "W_out",
  ]);
  return b.build();
}
