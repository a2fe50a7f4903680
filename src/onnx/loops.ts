import { int, renamed } from "./builder.js";
import type { Expand, ExpandContext } from "./expansion.js";
import { attribute, type Graph, type Node, subgraphsOf } from "./graph.js";
import { freshNames } from "./names.js";
import { int64, type Tensor } from "./tensor.js";

/**
 * Replaces a `Loop` with a known number of iterations by these. Its body reads the
 * number of the iteration, the condition and the states, and returns the condition, the new states and a slice of each output
 * that is collected.
 */
export const Loop: Expand = (node, context) => {
  const [count = "", condition = "", ...initial] = node.inputs;
  const body = subgraphsOf(node)[0];
  const times = context.count(node) ?? countOf(count, condition, body, context);
  const collected = node.outputs.slice(initial.length);
  if (!body || times === undefined || costOf(body) * times > context.room) return false;
  if (times <= 0 && collected.some((output) => output !== "")) return false;
  const iterations = new Iterations(body, context);
  const yes = context.constant(YES);
  let states: readonly string[] = initial;
  const slices: (readonly string[])[] = [];
  for (let k = 0; k < times; k++) {
    const [, ...results] = iterations.next([context.constant(int64([k], [])), yes, ...states]);
    states = results.slice(0, initial.length);
    slices.push(results.slice(initial.length));
  }
  bindStates(node, states, context);
  for (const [i, output] of collected.entries())
    if (output !== "")
      collect(
        slices.map((each) => each[i] ?? ""),
        0,
        output,
        context,
      );
  return true;
};

/** The nodes that an iteration adds, those in subgraphs included, and one for each slice. */
const costOf = (body: Graph): number =>
  body.outputs.length + 1 + body.nodes.reduce((sum, node) => sum + 1 + sumOf(subgraphsOf(node).map(costOf)), 0);
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const YES: Tensor = { type: "bool", shape: [], data: Uint8Array.of(1) };

/** The number of iterations if the condition stays true; undefined if it is not known. */
function countOf(
  count: string,
  condition: string,
  body: Graph | undefined,
  { known }: ExpandContext,
): number | undefined {
  const [trips, runs] = [known(count), condition === "" ? YES : known(condition)];
  if (!body || !trips || !runs || !staysTrue(body, known)) return undefined;
  return Number(runs.data[0]) ? Number(trips.data[0]) : 0;
}

/** Whether the condition that a body returns is always true, if the one that it gets is. */
function staysTrue(body: Graph, known: (value: string) => Tensor | undefined): boolean {
  let value = body.outputs[0]?.name ?? "";
  for (;;) {
    if (value === body.inputs[1]?.name) return true;
    const constant = body.initializers.get(value) ?? known(value);
    if (constant) return Number(constant.data[0]) !== 0;
    const maker = body.nodes.find(({ outputs }) => outputs.includes(value));
    if (maker?.op !== "Identity" && maker?.op !== "Cast") return false;
    value = maker.inputs[0] ?? "";
  }
}

/**
 * Replaces a `Scan` over inputs of known length by its iterations. Its body reads the states and a slice of each input, and
 * returns the new states and a slice of each output that is collected.
 */
export const Scan: Expand = (node, context) => {
  const body = subgraphsOf(node)[0];
  const inputCount = attribute(node, "num_scan_inputs", "int", 1);
  const stateCount = node.inputs.length - inputCount;
  const scanned = node.inputs.slice(stateCount);
  const axes = scanned.map((_, i) => attribute(node, "scan_input_axes", "ints", [])[i] ?? 0);
  const sizes = scanned.map((value, i) => context.shape(value)?.at(axes[i] ?? 0));
  const times = sizes[0];
  if (!body || !times || costOf(body) * times > context.room) return false;
  const backwards = (name: string, i: number) => attribute(node, name, "ints", [])[i] === 1;
  const parts = scanned.map((value, i) => {
    const slices = slicesOf(value, axes[i] ?? 0, times, context);
    return backwards("scan_input_directions", i) ? slices.reverse() : slices;
  });
  const iterations = new Iterations(body, context);
  let states: readonly string[] = node.inputs.slice(0, stateCount);
  const collected: (readonly string[])[] = [];
  for (let k = 0; k < times; k++) {
    const results = iterations.next([...states, ...parts.map((slices) => slices[k] ?? "")]);
    states = results.slice(0, stateCount);
    collected.push(results.slice(stateCount));
  }
  bindStates(node, states, context);
  for (const [i, output] of node.outputs.slice(stateCount).entries()) {
    const slices = collected.map((each) => each[i] ?? "");
    if (backwards("scan_output_directions", i)) slices.reverse();
    if (output !== "") collect(slices, attribute(node, "scan_output_axes", "ints", [])[i] ?? 0, output, context);
  }
  return true;
};

/** Replaces a `SequenceMap` over sequences of known structure by its body for each of the tensors. */
export const SequenceMap: Expand = (node, context) => {
  const lists = node.inputs.map((input) => context.sequences.get(input) ?? []);
  const body = subgraphsOf(node)[0];
  const [first = []] = lists;
  if (!body || first.length === 0 || lists.some(({ length }) => length !== first.length)) return false;
  if (costOf(body) * first.length > context.room) return false;
  const iterations = new Iterations(body, context);
  const results = first.map((_, k) => iterations.next(lists.map((list) => list[k] ?? "")));
  for (const [i, output] of node.outputs.entries())
    if (output !== "")
      context.addMany(
        "SequenceConstruct",
        results.map((each) => each[i] ?? ""),
        {},
        [output],
      );
  return true;
};

/** The slices of a value along an axis, without that axis. */
function slicesOf(value: string, axis: number, count: number, { add, addMany, constant }: ExpandContext): string[] {
  const sizes = constant(int64(Array(count).fill(1)));
  const along = constant(int64([axis]));
  return addMany("Split", [value, sizes], { axis: int(axis) }, count).map((slice) => add("Squeeze", [slice, along]));
}

/** Stacks slices along a new axis. */
function collect(slices: readonly string[], axis: number, output: string, { add, constant }: ExpandContext): void {
  const along = constant(int64([axis]));
  const parts = slices.map((slice) => add("Unsqueeze", [slice, along]));
  add("Concat", parts, { axis: int(axis) }, output);
}

/** Gives the final states the names of the outputs of the node. */
function bindStates(node: Node, states: readonly string[], { add }: ExpandContext): void {
  for (const [i, state] of states.entries()) {
    const output = node.outputs[i];
    if (output) add("Identity", [state], {}, output);
  }
}

/** The copies of a body, one for each iteration. They share the initializers of the body. */
class Iterations {
  private readonly shared = new Map<string, string>();

  constructor(
    private readonly body: Graph,
    private readonly context: ExpandContext,
  ) {
    const initializers = new Map<string, Tensor>();
    for (const [name, tensor] of body.initializers) {
      this.shared.set(name, context.fresh(name));
      initializers.set(this.shared.get(name) as string, tensor);
    }
    context.include({ nodes: [], initializers });
  }

  /** Adds one iteration. @returns the values of the outputs of the body for these values of its inputs. */
  next(inputs: readonly string[]): string[] {
    const { body, context, shared } = this;
    const names = new Map(shared);
    for (const [i, { name }] of body.inputs.entries()) names.set(name, inputs[i] ?? "");
    for (const { outputs } of body.nodes)
      for (const output of outputs) if (output !== "") names.set(output, context.fresh(output));
    const rename = (value: string) => names.get(value) ?? value;
    context.include({ nodes: body.nodes.map((node) => renamed(node, rename, "")), initializers: new Map() });
    return body.outputs.map(({ name }) => rename(name));
  }
}

/** The iterations after which a `Loop` ends in a trial. */
export const MAXIMUM_TRIAL = 10_000;

/** The graph with a limit on the iterations of every `Loop` without one or with a greater one: zeros may never end it. */
export function withBoundedLoops(graph: Graph): Graph {
  const isOpen = ({ op, domain, inputs: [count] }: Node) =>
    op === "Loop" && domain === "" && (!count || Number(graph.initializers.get(count)?.data[0] ?? 0) > MAXIMUM_TRIAL);
  if (!graph.nodes.some(isOpen)) return graph;
  const limit = freshNames(graph)("trial/limit");
  const bounded = (node: Node): Node => (isOpen(node) ? { ...node, inputs: [limit, ...node.inputs.slice(1)] } : node);
  const initializers = new Map([...graph.initializers, [limit, int64([MAXIMUM_TRIAL], [])] as const]);
  return { ...graph, nodes: graph.nodes.map(bounded), initializers };
}
