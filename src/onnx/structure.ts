import { If } from "./branches.js";
import { DeformConv } from "./deformable.js";
import { type Expand, type ExpandContext, type Facts, MAXIMUM_NODES } from "./expansion.js";
import { type Graph, type Node, titleOf, valuesReadBy } from "./graph.js";
import { Loop, Scan, SequenceMap } from "./loops.js";
import { distinct, freshNames } from "./names.js";
import { GRU, LSTM, RNN } from "./recurrent.js";
import { expandSequences } from "./sequences.js";
import type { Tensor } from "./tensor.js";

/** Operators that are replaced by others as soon as enough is known, and how. */
const expansions: Readonly<Record<string, Expand>> = {
  DeformConv,
  GRU,
  If,
  LSTM,
  Loop,
  RNN,
  Scan,
  SequenceMap,
  ...expandSequences,
};

/** The inputs of which the value, and those of which the shape decides how an operator is replaced. */
interface Deciding {
  readonly values?: readonly number[];
  readonly shapes?: readonly number[];
}
const deciding: Readonly<Record<string, Deciding>> = {
  DeformConv: { shapes: [0, 1] },
  GRU: { shapes: [0, 2] },
  If: { values: [0] },
  LSTM: { shapes: [0, 2] },
  Loop: { values: [0, 1] },
  RNN: { shapes: [0, 2] },
  SequenceAt: { values: [1] },
  SequenceErase: { values: [1] },
  SequenceInsert: { values: [2] },
  SplitToSequence: { values: [1], shapes: [0] },
};

/** How a node is replaced; undefined for an operator that stays. */
const expansionOf = ({ op, domain }: Node): Expand | undefined =>
  domain === "" && Object.hasOwn(expansions, op) ? expansions[op] : undefined;

/** The values of a graph of which the value or the shape decides how a node is replaced. */
export function decidingValues(graph: Graph): { readonly values: Set<string>; readonly shapes: Set<string> } {
  const [values, shapes] = [new Set<string>(), new Set<string>()];
  for (const node of graph.nodes) {
    if (!expansionOf(node)) continue;
    const { values: ofValue = [], shapes: ofShape = [] } = deciding[node.op] ?? {};
    for (const i of ofValue) if (node.inputs[i]) values.add(node.inputs[i]);
    for (const i of node.op === "Scan" ? node.inputs.keys() : ofShape) if (node.inputs[i]) shapes.add(node.inputs[i]);
  }
  return { values, shapes };
}

const NO_FACTS: Facts = { known: new Map(), shapes: new Map(), counts: new Map() };

/**
 * Replaces what only the structure of a graph decides: an `If` with a known condition by its branch, a `Loop` with a known
 * number of iterations and a `Scan` by these, sequences by their tensors, recurrent networks by their steps, up to
 * `MAXIMUM_NODES` more nodes. What is not known yet stays.
 * @returns the same graph if nothing is replaced.
 */
export function resolveStructure(graph: Graph, facts: Facts = NO_FACTS): Graph {
  const open = graph.nodes.some((node) => expansionOf(node) && node.op !== "Identity");
  return open ? new Resolution(graph, facts).resolved() : graph;
}

class Resolution {
  private readonly initializers: Map<string, Tensor>;
  private readonly sequences = new Map<string, readonly string[]>();
  private readonly optionals = new Map<string, string>();
  private readonly fresh: (stem: string) => string;
  private room = MAXIMUM_NODES;

  constructor(
    private readonly graph: Graph,
    private readonly facts: Facts,
  ) {
    this.initializers = new Map(graph.initializers);
    this.fresh = freshNames(graph);
  }

  resolved(): Graph {
    const [nodes, nodeNames] = [[] as Node[], new Set<string>()];
    const open = this.graph.nodes.toReversed();
    let changed = false;
    for (let node = open.pop(); node; node = open.pop()) {
      const replacement = this.expanded(node);
      changed ||= replacement !== undefined;
      if (!replacement) nodes.push(distinct(node, nodeNames));
      else for (const each of replacement.reverse()) open.push(each);
    }
    return changed ? { ...this.graph, nodes: this.withoutSpent(nodes), initializers: this.initializers } : this.graph;
  }

  /** The nodes that replace a node; undefined if it stays. */
  private expanded(node: Node): Node[] | undefined {
    const expand = expansionOf(node);
    if (!expand) return undefined;
    const [added, constants] = [[] as Node[], new Map<string, Tensor>()];
    if (!expand(node, this.context(node, added, constants))) return undefined;
    for (const [name, tensor] of constants) this.initializers.set(name, tensor);
    if (node.op !== "If") this.room -= added.length;
    return added;
  }

  private context(node: Node, added: Node[], constants: Map<string, Tensor>): ExpandContext {
    const { initializers, facts, sequences, optionals, fresh, room } = this;
    const known = (value: string) => constants.get(value) ?? initializers.get(value) ?? facts.known.get(value);
    const title = titleOf(node);
    const addMany: ExpandContext["addMany"] = (op, inputs, attributes, outputs) => {
      const names =
        typeof outputs === "number" ? Array.from({ length: outputs }, () => fresh(`${title}/${op}`)) : [...outputs];
      added.push({ op, domain: "", name: names[0] ?? "", inputs, outputs: names, attributes });
      return names;
    };
    return {
      known,
      shape: (value) => known(value)?.shape ?? facts.shapes.get(value),
      count: (loop) => facts.counts.get(loop),
      sequences,
      optionals,
      room,
      fresh,
      constant: (tensor) => {
        const name = fresh(`${title}/constant`);
        constants.set(name, tensor);
        return name;
      },
      add: (op, inputs, attributes = {}, output = fresh(`${title}/${op}`)) =>
        addMany(op, inputs, attributes, [output])[0] as string,
      addMany,
      include: (part) => {
        for (const [name, tensor] of part.initializers) constants.set(name, tensor);
        for (const each of part.nodes) added.push(each);
      },
    };
  }

  /** The nodes without those that make a sequence or an optional value which nothing reads any more. */
  private withoutSpent(nodes: readonly Node[]): Node[] {
    const made = new Set([...this.sequences.keys(), ...this.optionals.keys()]);
    if (made.size === 0) return [...nodes];
    const read = new Set(this.graph.outputs.map(({ name }) => name));
    const kept = nodes.toReversed().filter((node) => {
      const spent = node.outputs.every((output) => made.has(output) && !read.has(output));
      if (!spent) for (const value of valuesReadBy(node)) read.add(value);
      return !spent;
    });
    return kept.reverse();
  }
}
