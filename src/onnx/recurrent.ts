import { int, ints } from "./builder.js";
import type { Expand, ExpandContext } from "./expansion.js";
import { attribute, type Node } from "./graph.js";
import { type Activate, activationsOf } from "./recurrent-activations.js";
import { float32, int64, zeros } from "./tensor.js";

/*
 * LSTM, GRU and RNN as their steps. Shapes are those of ONNX: x [T, N, inputs], weights [directions, gates·hidden, …], states
 * [directions, N, hidden]. The products of all x with the input weights are one MatMul; a step has the shape [1, N, …].
 */

/** The parts of one direction. Gates are concatenated along the last axis. */
interface Direction {
  readonly context: ExpandContext;
  /** The products of the inputs with their weights and the biases, for each time [1, N, gates·hidden]. */
  readonly inputs: readonly string[];
  /** The transposed recurrent weights [hidden, gates·hidden], and their biases [gates·hidden] where a gate adds them apart. */
  readonly recurrent: string;
  readonly recurrentBias: string;
  /** The weights of the peepholes [3·hidden]; "" without. */
  readonly peepholes: string;
  readonly hidden: number;
  readonly activations: readonly Activate[];
  readonly clipped: (value: string) => string;
}

/** The states of a network between steps, each [1, N, hidden]: the output first. */
type States = readonly string[];
/** One step: the new states from the inputs of a time and the states before. */
type Step = (node: Node, direction: Direction, input: string, states: States) => States;

/** The kind of a network: the number of its gates and states, its activations by default, and its step. */
interface Kind {
  readonly gates: number;
  readonly states: number;
  readonly activations: readonly string[];
  readonly step: Step;
}

const add = ({ context }: Direction, x: string, y: string) => context.add("Add", [x, y]);
const mul = ({ context }: Direction, x: string, y: string) => context.add("Mul", [x, y]);
const matmul = ({ context }: Direction, x: string, y: string) => context.add("MatMul", [x, y]);
const oneMinus = ({ context }: Direction, x: string) => context.add("Sub", [context.constant(float32([1], [])), x]);
const split = ({ context, hidden }: Direction, x: string, count: number, axis = -1) =>
  context.addMany("Split", [x, context.constant(int64(Array(count).fill(hidden)))], { axis: int(axis) }, count);

/** h = f(x·Wᵀ + h·Rᵀ + b). */
const rnn: Step = (_, direction, input, [h = ""]) => {
  const { recurrent, activations, clipped } = direction;
  return [activate(activations, 0, clipped(add(direction, input, matmul(direction, h, recurrent))))];
};

/**
 * z, r = f(x·Wᵀ + h·Rᵀ + b), n = g(x·Wnᵀ + (r∘h)·Rnᵀ + b), h = (1 - z)∘n + z∘h; with linear_before_reset
 * n = g(x·Wnᵀ + r∘(h·Rnᵀ + b) + b) (Cho et al. 2014).
 */
const gru: Step = (node, direction, input, [h = ""]) => {
  const { recurrent, recurrentBias, activations, clipped } = direction;
  const [wz = "", wr = "", wn = ""] = split(direction, recurrent, 3);
  const [xz = "", xr = "", xn = ""] = split(direction, input, 3);
  const gate = (x: string, w: string) => activate(activations, 0, clipped(add(direction, x, matmul(direction, h, w))));
  const [z, r] = [gate(xz, wz), gate(xr, wr)];
  const before = attribute(node, "linear_before_reset", "int", 0) !== 0;
  const back = before
    ? mul(
        direction,
        r,
        recurrentBias ? add(direction, matmul(direction, h, wn), recurrentBias) : matmul(direction, h, wn),
      )
    : matmul(direction, mul(direction, r, h), wn);
  const n = activate(activations, 1, clipped(add(direction, xn, back)));
  return [add(direction, mul(direction, oneMinus(direction, z), n), mul(direction, z, h))];
};

/**
 * i, o, f, c' = x·Wᵀ + h·Rᵀ + b with peepholes i += Pi∘c, f += Pf∘c, o += Po∘c (new); c = f(f)∘c + f(i)∘g(c'),
 * h = f(o)∘h(c) (Hochreiter & Schmidhuber 1997; Gers & Schmidhuber 2000).
 */
const lstm: Step = (node, direction, input, [h = "", c = ""]) => {
  const { recurrent, peepholes, activations, clipped } = direction;
  const all = add(direction, input, matmul(direction, h, recurrent));
  const [zi = "", zo = "", zf = "", zc = ""] = split(direction, all, 4);
  const [pi = "", po = "", pf = ""] = peepholes ? split(direction, peepholes, 3) : [];
  const gate = (z: string, p: string, state: string) =>
    activate(activations, 0, clipped(p ? add(direction, z, mul(direction, p, state)) : z));
  const i = gate(zi, pi, c);
  const coupled = attribute(node, "input_forget", "int", 0) !== 0;
  const f = coupled ? oneMinus(direction, i) : gate(zf, pf, c);
  const next = add(direction, mul(direction, f, c), mul(direction, i, activate(activations, 1, clipped(zc))));
  const o = gate(zo, po, next);
  return [mul(direction, o, activate(activations, 2, next)), next];
};

function activate(activations: readonly Activate[], i: number, value: string): string {
  return (activations[i] as Activate)(value);
}

const SIGMOID_TANH = ["Sigmoid", "Tanh"];
export const RNN = recurrent({ gates: 1, states: 1, activations: ["Tanh"], step: rnn });
export const GRU = recurrent({ gates: 3, states: 1, activations: SIGMOID_TANH, step: gru });
export const LSTM = recurrent({ gates: 4, states: 2, activations: [...SIGMOID_TANH, "Tanh"], step: lstm });

/** Nodes of a step at most, to keep below the limit of added nodes. */
const STEP_NODES = 32;

/** Replaces a recurrent network by its steps as soon as the shapes of its input and weights are known. */
function recurrent(kind: Kind): Expand {
  return (node, context) => {
    if (attribute(node, "layout", "int", 0) === 1) return timeFirst(node, context);
    const [x, r] = [context.shape(node.inputs[0] ?? ""), context.shape(node.inputs[2] ?? "")];
    const directions = r?.[0] ?? 1;
    const activations = activationsOf(node, kind.activations, directions, context);
    const [times = 0, images = 0] = x ?? [];
    if (!x || !r || !activations || times * directions * STEP_NODES > context.room) return false;
    const hidden = r[2] ?? 1;
    const reversed = attribute(node, "direction", "string", "forward") === "reverse";
    const initial = initialStates(node, kind, context, [directions, images, hidden]);
    const masks = masksOf(node, context, times);
    const runs = [...Array(directions).keys()].map((d) => {
      const direction = directionOf(node, kind, context, d, { times, hidden, activations: activations[d] ?? [] });
      const states = initial.map((each) => each[d] ?? "");
      return overTime(node, kind.step, direction, states, reversed || d === 1, masks);
    });
    bindOutputs(node, runs, context);
    return true;
  };
}

/** Replaces a network with the batch first, which ONNX Runtime does not run on CPUs, by one with the time first. */
function timeFirst(node: Node, { add, addMany, fresh }: ExpandContext): true {
  const swap = (value: string) => (value ? add("Transpose", [value], { perm: ints([1, 0, 2]) }) : "");
  const inputs = node.inputs.map((input, i) => ([0, 5, 6].includes(i) ? swap(input) : input));
  const { layout: _, ...attributes } = node.attributes;
  const inner = addMany(
    node.op,
    inputs,
    attributes,
    node.outputs.map((output) => output && fresh(`${output}/time-first`)),
  );
  for (const [i, output] of node.outputs.entries())
    if (output) add("Transpose", [inner[i] ?? ""], { perm: ints(i === 0 ? [2, 0, 1, 3] : [1, 0, 2]) }, output);
  return true;
}

/** The part of an input for one direction, without the axis of directions; "" if the node does not have the input. */
function partOf(node: Node, input: number, d: number, { add, constant, shape }: ExpandContext): string {
  const value = node.inputs[input] ?? "";
  if (value === "") return "";
  const axis = constant(int64([0]));
  if ((shape(value)?.[0] ?? 2) === 1) return add("Squeeze", [value, axis]);
  return add("Squeeze", [add("Slice", [value, constant(int64([d])), constant(int64([d + 1])), axis]), axis]);
}

interface Parts {
  readonly times: number;
  readonly hidden: number;
  readonly activations: readonly Activate[];
}

function directionOf(
  node: Node,
  { gates }: Kind,
  context: ExpandContext,
  d: number,
  { times, hidden, activations }: Parts,
): Direction {
  const { add, addMany, constant } = context;
  const transposed = (input: number) => add("Transpose", [partOf(node, input, d, context)]);
  const products = add("MatMul", [node.inputs[0] ?? "", transposed(1)]);
  const bias = partOf(node, 3, d, context);
  const sizes = (...counts: number[]) => constant(int64(counts.map((count) => count * hidden)));
  const apart = node.op === "GRU" && attribute(node, "linear_before_reset", "int", 0) !== 0;
  const [wb = "", rb = ""] = bias ? addMany("Split", [bias, sizes(gates, gates)], { axis: int(0) }, 2) : [];
  // The recurrent bias of the last gate of a GRU is multiplied by the reset gate, so that it stays out of the sum.
  const [rbz = "", rbn = ""] = apart && rb ? addMany("Split", [rb, sizes(2, 1)], { axis: int(0) }, 2) : [];
  const none = constant(zeros("float32", [hidden]));
  const shared = apart && rb ? add("Concat", [rbz, none], { axis: int(0) }) : rb;
  const summed = bias ? add("Add", [products, add("Add", [wb, shared])]) : products;
  const each = constant(int64(Array(times).fill(1)));
  const limit = attribute(node, "clip", "float", 0);
  return {
    context,
    inputs: addMany("Split", [summed, each], { axis: int(0) }, times),
    recurrent: transposed(2),
    recurrentBias: rbn,
    peepholes: node.op === "LSTM" ? partOf(node, 7, d, context) : "",
    hidden,
    activations,
    clipped: (value) =>
      limit > 0 ? add("Clip", [value, constant(float32([-limit], [])), constant(float32([limit], []))]) : value,
  };
}

/** The initial states of each direction: those given, or zeros. */
function initialStates(
  node: Node,
  { states }: Kind,
  context: ExpandContext,
  [directions, images, hidden]: [number, number, number],
): string[][] {
  const { add, constant } = context;
  const first = constant(int64([0]));
  return [5, 6].slice(0, states).map((input) => {
    const value = node.inputs[input] ?? "";
    return [...Array(directions).keys()].map((d) => {
      if (value === "") return constant(zeros("float32", [1, images, hidden]));
      return add("Slice", [value, constant(int64([d])), constant(int64([d + 1])), first]);
    });
  });
}

/** For each time, 1 for the sequences that reach it and 0 for others, [N, 1]; undefined if all have the full length. */
function masksOf(node: Node, { add, constant, known }: ExpandContext, times: number): string[] | undefined {
  const lengths = node.inputs[4] ?? "";
  if (lengths === "" || known(lengths)?.data.every((length) => Number(length) === times)) return undefined;
  const column = add("Unsqueeze", [add("Cast", [lengths], { to: int(7) }), constant(int64([1]))]);
  return [...Array(times).keys()].map((t) =>
    add("Cast", [add("Less", [constant(int64([t], [])), column])], { to: int(1) }),
  );
}

/** The outputs of one direction: at each time, and the states at the end. */
interface Run {
  readonly outputs: readonly string[];
  readonly states: States;
}

function overTime(
  node: Node,
  step: Step,
  direction: Direction,
  initial: States,
  backwards: boolean,
  masks: readonly string[] | undefined,
): Run {
  let states = initial;
  const outputs = Array<string>(direction.inputs.length).fill("");
  const order = [...direction.inputs.keys()];
  for (const t of backwards ? order.reverse() : order) {
    const next = step(node, direction, direction.inputs[t] ?? "", states);
    const mask = masks?.[t];
    // A sequence that has ended keeps its states, and its outputs are zeros.
    states = mask ? next.map((state, i) => blended(direction, mask, state, states[i] ?? "")) : next;
    outputs[t] = mask ? mul(direction, mask, next[0] ?? "") : (next[0] ?? "");
  }
  return { outputs, states };
}

const blended = (direction: Direction, mask: string, state: string, before: string) =>
  add(direction, mul(direction, mask, state), mul(direction, oneMinus(direction, mask), before));

/** Y [T, directions, N, hidden], then the states at the end [directions, N, hidden]. */
function bindOutputs(node: Node, runs: readonly Run[], { add, constant }: ExpandContext): void {
  const [y = "", ...ends] = node.outputs;
  if (y !== "") {
    const axis = constant(int64([1]));
    const each = runs.map(({ outputs }) => add("Unsqueeze", [add("Concat", outputs, { axis: int(0) }), axis]));
    add("Concat", each, { axis: int(1) }, y);
  }
  for (const [i, end] of ends.entries())
    if (end !== "")
      add(
        "Concat",
        runs.map(({ states }) => states[i] ?? ""),
        { axis: int(0) },
        end,
      );
}
