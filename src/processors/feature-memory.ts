import type { Size } from "../images/crop.js";
import { type Graph, specialize, valuesReadBy } from "../onnx/graph.js";
import { sizeOf } from "../onnx/tensor.js";
import { probe } from "../runtime/probe.js";
import type { Geometry } from "./geometry.js";
import { IMAGE } from "./image-network.js";

/** Side of the smaller image whose feature maps are counted; a multiple of all multiples that networks need. */
const SIDE = 64;

/** Feature maps are counted as float32. */
const BYTES = 4;

/**
 * The bytes of the feature maps that a network holds at once, per input pixel, rounded: the largest sum, over its nodes, of the values
 * that are computed and still to be read. Weights and what a runtime needs inside a node are not counted. Pixels that the
 * network itself adds around its input, as exported models do, are not counted either.
 * @param graph a network of `standardized`.
 */
export async function measureFeatureBytes(graph: Graph, { fixed }: Geometry): Promise<number> {
  if (fixed) return (BYTES * (await elementsOf(graph, fixed))) / (fixed.width * fixed.height);
  const rootOf = async (side: number) => Math.sqrt(await elementsOf(graph, { width: side, height: side }));
  // With a border b, an image of side s has e (s + 2 b)² elements: the difference of two roots does not depend on b.
  return Math.round(BYTES * (((await rootOf(2 * SIDE)) - (await rootOf(SIDE))) / SIDE) ** 2);
}

/** The largest number of elements of feature maps that are alive at once for an image of a size. */
async function elementsOf(graph: Graph, { width, height }: Size): Promise<number> {
  const { graph: probed, shapes } = await probe(specialize(graph, { [IMAGE]: [1, 3, height, width] }), { runs: true });
  return peakElements(probed, new Map([...shapes].filter(([name]) => !probed.initializers.has(name))));
}

/** The largest number of elements that are alive at once. */
function peakElements({ inputs, nodes, outputs }: Graph, shapes: ReadonlyMap<string, readonly number[]>): number {
  const elements = (name: string): number => sizeOf(shapes.get(name) ?? [0]);
  const lastReader = new Map(nodes.flatMap((node, i) => valuesReadBy(node).map((name) => [name, i] as const)));
  for (const { name } of outputs) lastReader.set(name, nodes.length);
  const live = new Set(inputs.map(({ name }) => name));
  let [now, peak] = [inputs.reduce((sum, { name }) => sum + elements(name), 0), 0];
  for (const [i, node] of nodes.entries()) {
    for (const name of node.outputs) {
      live.add(name);
      now += elements(name);
    }
    peak = Math.max(peak, now);
    for (const name of [...valuesReadBy(node), ...node.outputs])
      if (live.has(name) && (lastReader.get(name) ?? -1) <= i) {
        live.delete(name);
        now -= elements(name);
      }
  }
  return peak;
}
