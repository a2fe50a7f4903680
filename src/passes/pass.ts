import type { Graph } from "../onnx/graph.js";

/** What a pass may know of a graph and of the machine that will run it. */
export interface PassContext {
  /** The shape of every value. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Channels that the runtime's blocked layout keeps together; null where it has none on this processor. */
  readonly block: number | null;
}

/** A rewrite to a graph that computes the same in less time or memory. */
export interface Pass {
  readonly name: string;
  /** One line: what it replaces by what. */
  readonly summary: string;
  /** Before differentiation, where the gradient gains too, or on the whole step. */
  readonly stage: "forward" | "step";
  /** Whether it has to know the sizes of computed values, not only those of constant weights. */
  readonly needsShapes?: true;
  /** Whether it uses operators that the runtime has for the CPU alone. */
  readonly cpuOnly?: true;
  /** The rewritten graph; the same object where there is nothing to rewrite. */
  apply(graph: Graph, context: PassContext): Graph;
}

/** The shape of a value. @throws Error when it is not known: the graph was not probed. */
export function shapeOf({ shapes }: Pick<PassContext, "shapes">, value: string): readonly number[] {
  const shape = shapes.get(value);
  if (!shape) throw new Error(`the shape of "${value}" is not known`);
  return shape;
}
