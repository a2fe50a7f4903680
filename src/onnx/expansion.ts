import type { Graph, Node } from "./graph.js";
import type { Tensor } from "./tensor.js";

/** What is known of the values of a graph besides its initializers. */
export interface Facts {
  /** Values that are the same for all images, as `probe` finds them. */
  readonly known: ReadonlyMap<string, Tensor>;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** The number of iterations of each `Loop` that has the same for all images. */
  readonly counts: ReadonlyMap<Node, number>;
}

/** The context in which one node is replaced by others. */
export interface ExpandContext {
  /** The value of an initializer, a constant or a known value. */
  known(value: string): Tensor | undefined;
  /** The shape of a value; undefined if it is not known. */
  shape(value: string): readonly number[] | undefined;
  /** The number of iterations of a `Loop`, if it was counted. */
  count(node: Node): number | undefined;
  /** The tensors of each sequence whose structure is known, by the name of the sequence. */
  readonly sequences: Map<string, readonly string[]>;
  /** What each optional value holds whose structure is known, "" for nothing, by the name of the optional value. */
  readonly optionals: Map<string, string>;
  /** How many nodes may still be added: see `MAXIMUM_NODES`. */
  readonly room: number;
  fresh(stem: string): string;
  /** Adds a constant and returns its name. */
  constant(tensor: Tensor): string;
  /** Adds a node and returns its output, which has a fresh name by default. */
  add(op: string, inputs: readonly string[], attributes?: Node["attributes"], output?: string): string;
  /** Adds a node and returns its outputs. @param outputs their names, or how many fresh names. */
  addMany(
    op: string,
    inputs: readonly string[],
    attributes: Node["attributes"],
    outputs: number | readonly string[],
  ): string[];
  /** Adds the nodes and initializers of a subgraph, their names already unique. */
  include(part: Pick<Graph, "nodes" | "initializers">): void;
}

/**
 * Replaces a node by others that compute its outputs, under the same names.
 * @returns false if not enough is known yet; then nothing that was added counts.
 */
export type Expand = (node: Node, context: ExpandContext) => boolean;

/** The most nodes that loops and recurrent networks may add to a graph: a small file could otherwise expand to any size. */
export const MAXIMUM_NODES = 20_000;
