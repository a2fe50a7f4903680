import { type Graph, specialize, valuesReadBy } from "../onnx/graph.js";
import { sizeOf } from "../onnx/tensor.js";
import { probe } from "../runtime/probe.js";
import type { Geometry } from "./geometry.js";
import { IMAGE } from "./image-network.js";

/** Side of the image whose feature maps are counted; a multiple of all multiples that networks need. */
const SIDE = 64;

/** Feature maps are counted as float32. */
const BYTES = 4;

/**
 * The bytes of the feature maps that a network holds at once, per input pixel: the largest sum, over its nodes, of the values
 * that are computed and still to be read. Weights and what a runtime needs inside a node are not counted.
 * @param graph a network of `standardized`.
 */
export async function measureFeatureBytes(graph: Graph, { fixed }: Geometry): Promise<number> {
  const { width, height } = fixed ?? { width: SIDE, height: SIDE };
  const specialized = specialize(graph, { [IMAGE]: [1, 3, height, width] });
  const { graph: probed, shapes } = await probe(specialized, { runs: true });
  const sizes = new Map([...shapes].filter(([name]) => !probed.initializers.has(name)));
  return (BYTES * peakElements(probed, sizes)) / (width * height);
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
