import type { Graph } from "../onnx/graph.js";

/** What a pass knows about a graph and about the machine that will run it. */
export interface PassContext {
  /** The shape of every value. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Channels in a block of the runtime's blocked layout; null if the processor does not support the layout. */
  readonly block: number | null;
}

/** A rewrite to a graph that computes the same, up to rounding, in less time or memory. */
export interface Pass {
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** When it runs: before differentiation ("forward"), so that the gradient benefits, too, or on the whole step. */
  readonly stage: "forward" | "step";
  /** Needs the shapes of computed values, not only those of constant weights. */
  readonly needsShapes?: true;
  /** Adds operators that the runtime implements on the CPU only, or benefits the CPU only. */
  readonly cpuOnly?: true;
  /** The rewritten graph; the same object if there is nothing to rewrite. */
  apply(graph: Graph, context: PassContext): Graph;
}

/** From this many elements on the runtime's operators use several threads. */
export const LARGE = 2 ** 14;

/** The shape of a value. @throws Error if it is unknown because the graph was not probed. */
export function shapeOf({ shapes }: Pick<PassContext, "shapes">, value: string): readonly number[] {
  const shape = shapes.get(value);
  if (!shape) throw new Error(`the shape of "${value}" is not known`);
  return shape;
}
