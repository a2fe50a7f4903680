import { GraphBuilder } from "./builder.js";
import type { Graph } from "./graph.js";

/**
 * The network for `batch` images, which run in groups of the size that it is specialized to. The weights are shared. The
 * last group is padded by repeating the last image; the rows of the padding are dropped, so that their gradient is zero.
 * @param graph one input [group, …] and outputs [group, …], all of known shapes.
 */
export function inGroups(graph: Graph, batch: number): Graph {
  const [input] = graph.inputs;
  const [group, ...image] = (input?.shape ?? []) as readonly number[];
  if (!input || !group || group === batch) return graph;
  const b = new GraphBuilder(graph.name);
  const images = b.input(input.name, [batch, ...image], input.type);
  const weights = [...graph.initializers].map(([name, tensor]) => [name, b.initializer(name, tensor)]);
  const bindings = Object.fromEntries(weights);
  const count = Math.ceil(batch / group);
  const missing = count * group - batch;
  const last = missing > 0 ? b.Slice(images, [0], [batch - 1], [batch]) : "";
  const padded = missing > 0 ? b.Concat([images, ...Array<string>(missing).fill(last)], 0) : images;
  const groups = count > 1 ? b.Split(padded, 0, Array<number>(count).fill(group)) : [padded];
  const results = groups.map((part, i) =>
    b.inline({ ...graph, initializers: new Map() }, { ...bindings, [input.name]: part }, `group${i}/`),
  );
  for (const { name, type, shape } of graph.outputs) {
    const parts = results.map((result) => result[name] as string);
    const rows = parts.length > 1 ? b.Concat(parts, 0) : (parts[0] as string);
    const own = missing > 0 ? b.Slice(rows, [0], [0], [batch]) : rows;
    b.output(name, own, shape && [batch, ...shape.slice(1)], type);
  }
  return { ...b.build(graph.metadata), ...(graph.notes && { notes: graph.notes }) };
}
