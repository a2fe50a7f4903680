import { float, GraphBuilder, int, ints } from "../src/onnx/builder.js";
import type { Attribute } from "../src/onnx/graph.js";
import { int64, type Tensor } from "../src/onnx/tensor.js";
import type { Case } from "./case-makers.js";
import type { Draw } from "./draw.js";

/** A subgraph of a node. */
export function body(make: (b: GraphBuilder) => void): Attribute {
  const b = new GraphBuilder("body");
  make(b);
  return { kind: "graph", value: b.build() };
}

const strings = (value: readonly string[]): Attribute => ({ kind: "strings", value });
const floats = (value: readonly number[]): Attribute => ({ kind: "floats", value });
const bool = (value: boolean): Tensor => ({ type: "bool", shape: [], data: Uint8Array.of(Number(value)) });

/** A recurrent network with random options. */
const recurrent =
  (
    op: "LSTM" | "GRU" | "RNN",
    gates: number,
    activations: readonly string[],
    parameters: Record<string, Attribute> = {},
  ): Case =>
  (d) => {
    const [times, n, inputs, hidden] = [d.int(1, 4), d.int(1, 3), d.int(2, 3), d.int(2, 3)];
    const direction = d.of("forward", "reverse", "bidirectional");
    const directions = direction === "bidirectional" ? 2 : 1;
    const optional = (make: () => string) => (d.int(0, 1) === 1 ? make() : "");
    const small = (shape: number[]) => d.input(d.uniform(shape, -1, 1));
    const states = op === "LSTM" ? 2 : 1;
    const values = [
      small([times, n, inputs]),
      small([directions, gates * hidden, inputs]),
      small([directions, gates * hidden, hidden]),
      optional(() => small([directions, 2 * gates * hidden])),
      optional(() => d.b.constant(lengths(d, times, n))),
      ...Array.from({ length: states }, () => optional(() => small([directions, n, hidden]))),
      ...(op === "LSTM" ? [optional(() => small([directions, 3 * hidden]))] : []),
    ];
    return d.b.addMany(
      op,
      values,
      {
        hidden_size: int(hidden),
        direction: { kind: "string", value: direction },
        ...(op === "GRU" && { linear_before_reset: int(d.int(0, 1)) }),
        ...(op === "LSTM" && d.int(0, 3) === 0 && { input_forget: int(1) }),
        ...(d.int(0, 2) === 0 && { clip: float(5) }),
        ...(d.int(0, 2) === 0 && { activations: strings(Array(directions).fill(activations).flat()), ...parameters }),
      },
      1 + states,
    );
  };

function lengths(d: Draw, times: number, n: number): Tensor {
  const data = Int32Array.from({ length: n }, (_, i) => (i === 0 ? times : d.int(1, times)));
  return { type: "int32", shape: [n], data };
}

const loop: Case = (d) => {
  const x = d.input(d.normal([2, 3]));
  const outer = d.input(d.normal([3]));
  const inside = body((b) => {
    const [k, go, state] = [b.input("k", [], "int64"), b.input("go", [], "bool"), b.input("state", [2, 3])];
    b.output("stays", b.Identity(go), [], "bool");
    const next = b.Mul(b.Add(state, b.Cast(k, "float32")), b.initializer("factor", d.uniform([3], 0.5, 1)));
    b.output("next", b.Add(b.Tanh(next), outer), [2, 3]);
    b.output("slice", b.Mul(next, outer), [2, 3]);
  });
  const [count, go] = [d.b.constant(int64([d.int(1, 4)], [])), d.of("", d.b.constant(bool(true)))];
  return d.b.addMany("Loop", [count, go, x], { body: inside }, 2);
};

/** A loop that ends when a counter reaches the size of an axis. */
const counting: Case = (d) => {
  const { b } = d;
  const x = d.input(d.normal([2, d.int(1, 4)]));
  const size = b.Reshape(b.Gather(b.Shape(x), b.integers([1]), 0), []);
  const inside = body((inner) => {
    for (const [name, type] of [
      ["k", "int64"],
      ["go", "bool"],
    ] as const)
      inner.input(name, [], type);
    const counter = inner.input("counter", [], "int64");
    const state = inner.input("state", [2, "M"]);
    const next = inner.Add(counter, inner.constant(int64([1], [])));
    inner.output("less", inner.Less(next, size), [], "bool");
    inner.output("next", next, [], "int64");
    inner.output("changed", inner.Mul(inner.Tanh(state), inner.scalar(1.1)), [2, "M"]);
  });
  const start = b.constant(int64([0], []));
  const huge = b.constant(int64([2 ** 40], []));
  return b.addMany("Loop", [d.of("", huge), b.Less(start, size), start, x], { body: inside }, 2).slice(1);
};

const scan: Case = (d) => {
  const [first, second] = [d.input(d.normal([2, 4, 3])), d.input(d.normal([4, 2]))];
  const start = d.input(d.normal([2]));
  const inside = body((b) => {
    const [state, slice, other] = [b.input("state", [2]), b.input("slice", [2, 3]), b.input("other", [2])];
    const next = b.Add(b.Mul(state, other), b.ReduceSum(slice, [1], false));
    b.output("next", b.Tanh(next), [2]);
    b.output("collected", b.Mul(next, other), [2]);
  });
  return d.b.addMany(
    "Scan",
    [start, first, second],
    {
      body: inside,
      num_scan_inputs: int(2),
      scan_input_axes: ints([1, 0]),
      scan_input_directions: ints([d.int(0, 1), d.int(0, 1)]),
      scan_output_axes: ints([d.of(0, 1, -1)]),
      scan_output_directions: ints([d.int(0, 1)]),
    },
    2,
  );
};

const deformable: Case = (d) => {
  const [n, groups, offsetGroups, perGroup, perFilter] = [2, d.int(1, 2), d.int(1, 2), 2, d.int(1, 2)];
  const [kh, kw, h, w] = [d.int(1, 3), d.int(1, 3), d.int(5, 6), d.int(5, 6)];
  const [stride, dilation] = [d.int(1, 2), d.int(1, 2)];
  const pads = [1, d.int(0, 1), d.int(0, 1), 1];
  const extent = (size: number, pad: number, k: number) =>
    Math.floor((size + pad - dilation * (k - 1) - 1) / stride) + 1;
  const [oh, ow] = [extent(h, (pads[0] ?? 0) + (pads[2] ?? 0), kh), extent(w, (pads[1] ?? 0) + (pads[3] ?? 0), kw)];
  const taps = offsetGroups * kh * kw;
  // Offsets at fractions of 0.2 to 0.8 between pixels: at the pixels the derivative jumps.
  const offsets = d.tensor([n, 2 * taps, oh, ow], () => d.int(-2, 1) + d.of(0.2, 0.4, 0.6, 0.8));
  const inputs = [
    d.input(d.normal([n, groups * perGroup, h, w])),
    d.input(d.normal([groups * perFilter, perGroup, kh, kw])),
    d.input(offsets),
    d.int(0, 1) ? d.input(d.normal([groups * perFilter])) : "",
    d.int(0, 1) ? d.input(d.uniform([n, taps, oh, ow], 0.2, 1)) : "",
  ];
  return d.b.add("DeformConv", inputs, {
    group: int(groups),
    offset_group: int(offsetGroups),
    kernel_shape: ints([kh, kw]),
    strides: ints([stride, stride]),
    dilations: ints([dilation, dilation]),
    pads: ints(pads),
  });
};

const split = (b: GraphBuilder, x: string, sizes: string, keepdims: number) =>
  b.add("SplitToSequence", [x, sizes], { axis: int(1), keepdims: int(keepdims) });

/** A sequence that is split, extended, shortened, read and concatenated. */
const sequences: Case = (d) => {
  const { b } = d;
  const at = (position: number) => b.constant(int64([position], []));
  const x = d.input(d.normal([2, d.int(4, 5), 3]));
  const sizes = d.of("", b.constant(int64([2], [])), b.integers([]));
  const parts = split(b, x, sizes === b.integers([]) ? "" : sizes, 1);
  const longer = b.add("SequenceInsert", [parts, d.input(d.normal([2, 2, 3])), d.of("", at(1), at(-1))]);
  const shorter = b.add("SequenceErase", [longer, d.of("", at(0), at(-2))]);
  const first = b.add("SequenceAt", [shorter, at(d.of(0, 1, -1))]);
  const count = b.Cast(b.add("SequenceLength", [shorter]), "float32");
  return [b.add("ConcatFromSequence", [shorter], { axis: int(1) }), b.Mul(first, count)];
};

/** Tensors that are unbound and stacked. */
const stacking: Case = (d) => {
  const parts = split(d.b, d.input(d.normal([2, 3, 4])), "", 0);
  const empty = d.b.add("SequenceEmpty", []);
  const one = d.b.add("SequenceInsert", [empty, d.b.add("SequenceAt", [parts, d.b.constant(int64([-1], []))])]);
  const all = d.b.add("SequenceInsert", [one, d.input(d.normal([2, 4]))]);
  return d.b.add("ConcatFromSequence", [all], { axis: int(d.of(0, 1, -1)), new_axis: int(1) });
};

/** A loop that collects tensors in a sequence. */
const collecting: Case = (d) => {
  const { b } = d;
  const x = d.input(d.normal([3, 2]));
  const inside = body((inner) => {
    const [k, go] = [inner.input("k", [], "int64"), inner.input("go", [], "bool")];
    inner.output("stays", inner.Identity(go), [], "bool");
    const row = inner.Gather(x, k, 0);
    inner.output("rows", inner.add("SequenceInsert", ["list", inner.Mul(row, row)]));
  });
  const graph = inside.kind === "graph" ? inside.value : undefined;
  const list = {
    name: "list",
    container: { field: "sequenceType" as const, message: Uint8Array.of(10, 4, 10, 2, 8, 1) },
  };
  const withList: Attribute = {
    kind: "graph",
    value: { ...(graph as NonNullable<typeof graph>), inputs: [...(graph?.inputs ?? []), list] },
  };
  const empty = b.add("SequenceEmpty", []);
  const rows = b.Cast(b.Gather(b.Shape(x), b.integers([0]), 0), "int64");
  const collected = b.add("Loop", [b.Reshape(rows, []), b.constant(bool(true)), empty], { body: withList });
  return b.add("ConcatFromSequence", [collected], { axis: int(0), new_axis: int(1) });
};

/** A body for each tensor of two sequences. */
const mapping: Case = (d) => {
  const parts = split(d.b, d.input(d.normal([2, 3, 2])), "", 1);
  const others = d.b.add(
    "SequenceConstruct",
    [0, 1, 2].map(() => d.input(d.normal([2, 1, 2]))),
  );
  const inside = body((b) => {
    const [one, other] = [b.input("one", [2, 1, 2]), b.input("other", [2, 1, 2])];
    b.output("product", b.Mul(b.Tanh(one), other));
  });
  const products = d.b.add("SequenceMap", [parts, others], { body: inside });
  return d.b.add("ConcatFromSequence", [products], { axis: int(1) });
};

const optional: Case = (d) => {
  const held = d.b.add("Optional", [d.input(d.normal([2, 3]))]);
  return d.b.Exp(d.b.add("OptionalGetElement", [held]));
};

/** Random graphs for each operator that is replaced by others, by a name of the case. */
export const expansionCases: Readonly<Record<string, Case>> = {
  DeformConv: deformable,
  GRU: recurrent("GRU", 3, ["HardSigmoid", "Softsign"]),
  LSTM: recurrent("LSTM", 4, ["Sigmoid", "Softsign", "Tanh"]),
  Loop: loop,
  "Loop over a sequence": collecting,
  "Loop with a counter": counting,
  Optional: optional,
  RNN: recurrent("RNN", 1, ["Affine"], { activation_alpha: floats([0.7, 0.4]), activation_beta: floats([0.1, 0.2]) }),
  Scan: scan,
  SequenceMap: mapping,
  sequences: sequences,
  "sequences of slices": stacking,
};
