import { compactS } from "../networks/compact.js";
import { findNetwork } from "../networks/index.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { IMAGE, type ImageNetwork, inlineImageNetwork, RESTORED } from "../processors/image-network.js";

export const DEFAULT_TRANSFORMER = compactS.name;

/** Before the names of T's weights, so that they are none of P's. */
const PREFIX = "transformer/";

/**
 * T: a processor of scale 1 that stands between P and R. The compact ones begin as the identity.
 * @param name of a network that can be built for scale 1.
 * @throws UserError for another name.
 */
export function buildTransformer(name: string, seed: number): Graph {
  const network = findNetwork(name, 1).build(1, seed);
  const b = new GraphBuilder(network.name);
  const image = b.input(IMAGE, ["N", 3, "H", "W"]);
  b.output(RESTORED, b.inline(network, { [IMAGE]: image }, PREFIX)[RESTORED] as string);
  return b.build();
}

/** T(P(x)) as one network: `image` [N, 3, H, W] in, `restored` out, RGB in [0, 1], whatever P's own format is. */
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
