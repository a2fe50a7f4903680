import { GraphBuilder } from "../onnx/builder.js";
import { containersOf } from "../onnx/containers.js";
import type { Graph } from "../onnx/graph.js";
import { counted, hasStaticCount } from "../onnx/loop-counts.js";
import { MAXIMUM_TRIAL } from "../onnx/loops.js";
import { freshNames } from "../onnx/names.js";
import { decidingValues, resolveStructure } from "../onnx/structure.js";
import { type Tensor, toNumbers } from "../onnx/tensor.js";
import type { Tensors } from "./session.js";

/**
 * Replaces what the structure of a graph decides (see `resolveStructure`), as far as constants and shapes determine it.
 * @param staticOf the values of a graph that follow from shapes and constants alone.
 * @param run runs a graph for its outputs.
 */
export async function withResolvedStructure(
  graph: Graph,
  staticOf: (graph: Graph) => ReadonlySet<string>,
  run: (graph: Graph) => Promise<Tensors>,
): Promise<Graph> {
  for (let current = resolveStructure(graph); ; ) {
    const open = decidingValues(current);
    const fixed = staticOf(current);
    const values = [...open.values].filter((name) => fixed.has(name));
    const containers = containersOf(current);
    const isStatic = (name: string) => fixed.has(name) || current.initializers.has(name);
    const fresh = freshNames(current);
    const numbers = new Map(
      current.nodes.filter((node) => hasStaticCount(node, isStatic)).map((node) => [node, fresh("trial/number")]),
    );
    const nodes = current.nodes.map((node) => {
      const number = numbers.get(node);
      return number === undefined ? node : counted(node, number);
    });
    const b = GraphBuilder.from({ ...current, nodes, outputs: [] });
    const countOf = new Map([...numbers].map(([node, number]) => [node, b.Shape(`${number}/all`)]));
    const shapeOf = new Map(
      [...open.shapes].filter((name) => !containers.has(name)).map((name) => [name, b.Shape(name)]),
    );
    const exposed = [...values, ...shapeOf.values(), ...countOf.values()];
    if (exposed.length === 0) return current;
    for (const name of exposed) b.output(name, name);
    const results = await run(b.build());
    const known = new Map(values.map((name) => [name, results[name] as Tensor]));
    const shapes = new Map([...shapeOf].map(([name, shape]) => [name, toNumbers(results[shape] as Tensor)]));
    const counts = new Map([...countOf].map(([node, shape]) => [node, Number(results[shape]?.data[0])] as const));
    for (const [node, count] of counts) if (count >= MAXIMUM_TRIAL) counts.delete(node);
    const resolved = resolveStructure(current, { known, shapes, counts });
    if (resolved === current) return current;
    current = resolved;
  }
}
