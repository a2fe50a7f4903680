import { messageOf, UserError } from "../errors.js";
import { GraphBuilder } from "../onnx/builder.js";
import { type Graph, type Node, titleOf } from "../onnx/graph.js";
import { type Tensor, toNumbers } from "../onnx/tensor.js";
import { Session, type Tensors } from "./session.js";

/**
 * Checks that sizes which depend on values are the same for all samples, because the gradient is built for one size.
 * @param nodes the nodes of `valueSizedNodes`.
 * @param samples typical inputs of the graph.
 * @throws UserError when a size differs between two samples, with its node, or when the graph does not run on one.
 */
export async function requireStableSizes(graph: Graph, nodes: readonly Node[], samples: readonly Tensors[]) {
  const b = GraphBuilder.from({ ...graph, outputs: [] });
  const shapeOf = nodes.map(({ outputs }) => outputs.filter((name) => name !== "").map((name) => b.Shape(name)));
  for (const name of shapeOf.flat()) b.output(name, name);
  const session = await Session.create(b.build(), { optimization: "disabled" });
  try {
    const runs: Tensors[] = [];
    for (const sample of samples) runs.push(await session.run(sample));
    for (const [i, node] of nodes.entries()) {
      const sizes = runs.map((run) =>
        (shapeOf[i] ?? []).map((name) => `[${toNumbers(run[name] as Tensor)}]`).join(" and "),
      );
      const other = sizes.find((size) => size !== sizes[0]);
      if (other !== undefined)
        throw new UserError(
          `cannot differentiate ${graph.name}: the size of ${node.op} "${titleOf(node)}" depends on values; ` +
            `it is ${sizes[0]} for some images and ${other} for others`,
        );
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot run ${graph.name} on images: ${messageOf(error).replace(/\s+/g, " ").trim()}`);
  } finally {
    await session.release();
  }
}
