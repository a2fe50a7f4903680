import { readFileSync } from "node:fs";
import { GraphBuilder, int, ints, string } from "../src/onnx/builder.js";
import { encodeModel } from "../src/onnx/encode.js";
import type { Graph } from "../src/onnx/graph.js";
import { float32 } from "../src/onnx/tensor.js";
import { hasShared, sharedPath } from "./shared.js";

/** A small classifier with the most common layers. */
function classifier(): Graph {
  const b = new GraphBuilder("classifier");
  const x = b.input("x", ["N", 3, 8, 8]);
  const weight = b.initializer("w", float32(new Float32Array(108).fill(0.1), [4, 3, 3, 3]));
  const statistics = ["s", "o", "m", "v"].map((name) => b.initializer(name, float32([1, 1, 1, 1])));
  const normal = b.add("BatchNormalization", [b.Conv(x, weight, "", { pads: [1, 1, 1, 1] }), ...statistics]);
  const pooled = b.add("MaxPool", [b.Relu(normal)], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) });
  const head = b.initializer("head", float32(new Float32Array(40), [4, 10]));
  b.output("y", b.Softmax(b.MatMul(b.Flatten(b.GlobalAveragePool(pooled)), head), 1));
  return b.build({ note: "fuzz" });
}

/** Shape arithmetic, resizing, slicing, splitting and concatenation. */
function shapes(): Graph {
  const b = new GraphBuilder("shapes");
  const x = b.input("x", ["N", 4, 4, 4]);
  const large = b.Resize(x, [1, 1, 2, 2], { mode: string("linear") });
  const rows = b.Gather(b.Shape(large), b.integers([0]), 0);
  const flat = b.add("Reshape", [large, b.Concat([rows, b.integers([4, -1])], 0)]);
  const [left, right] = b.Split(flat, 1, [1, 3]) as [string, string];
  const parts = b.Concat([b.Tile(left, [1, 3, 1]), b.Pad(right, [0, 0, 0, 0, 0, 0])], 1);
  b.output("y", b.ReduceMean(b.Clip(b.Slice(parts, [2], [0], [9]), b.zero, b.one), [2]));
  return b.build();
}

/** An If whose condition depends on the data. */
function branches(): Graph {
  const branch = (make: (b: GraphBuilder) => string) => {
    const inner = new GraphBuilder("branch");
    inner.output("r", make(inner));
    return { kind: "graph", value: inner.build() } as const;
  };
  const b = new GraphBuilder("branches");
  const x = b.input("x", [2, 3]);
  b.output(
    "y",
    b.add("If", [b.Greater(b.ReduceSum(x, undefined, false), b.zero)], {
      then_branch: branch((inner) => inner.Exp(x)),
      else_branch: branch((inner) => inner.Mul(x, inner.scalar(2))),
    }),
  );
  return b.build();
}

/** Constant subgraphs that the runtime folds on loading. */
function constants(): Graph {
  const b = new GraphBuilder("constants");
  const filled = b.add("ConstantOfShape", [b.integers([2, 3])]);
  const row = b.Expand(b.one, b.integers([1, 3]));
  b.output("y", b.Add(b.input("x", [2, 3]), b.Mul(filled, b.add("Tile", [row, b.integers([2, 1])]))));
  return b.build();
}

/** A loop, a sequence and a recurrent network, which are replaced by their parts. */
function structures(): Graph {
  const b = new GraphBuilder("structures");
  const x = b.input("x", [2, 1, 3]);
  const [w, r] = [
    [1, 4, 3],
    [1, 4, 1],
  ].map((shape) => b.constant(float32(new Float32Array(shape[2] === 3 ? 12 : 4), shape)));
  const state = b.add("LSTM", [x, w as string, r as string], { hidden_size: int(1) });
  const body = new GraphBuilder("body");
  const [, go, value] = [body.input("k", [], "int64"), body.input("go", [], "bool"), body.input("v", [2, 1, 1, 1])];
  body.output("stays", body.Identity(go), [], "bool");
  body.output("next", body.Tanh(value), [2, 1, 1, 1]);
  const yes = b.constant({ type: "bool", shape: [], data: Uint8Array.of(1) });
  const count = b.constant({ type: "int64", shape: [], data: BigInt64Array.of(3n) });
  const looped = b.add("Loop", [count, yes, state], { body: { kind: "graph", value: body.build() } });
  const parts = b.add("SplitToSequence", [looped, b.integers([1, 1])], { axis: int(0) });
  b.output("y", b.add("ConcatFromSequence", [parts], { axis: int(1) }));
  return b.build();
}

/** Operator forms of opset 9. */
function old(): Graph {
  const b = new GraphBuilder("old");
  const x = b.input("x", [1, 2, 4, 4]);
  const large = b.add("Upsample", [x, b.constant(float32([1, 1, 2, 2]))], { mode: string("nearest") });
  const padded = b.add("Pad", [large], { pads: ints([0, 0, 1, 1, 0, 0, 1, 1]) });
  const cut = b.add("Slice", [b.add("Dropout", [padded])], { starts: ints([0]), ends: ints([1]), axes: ints([1]) });
  b.output("y", b.add("Softmax", [b.add("Squeeze", [cut], { axes: ints([1]) })], { axis: int(1) }));
  return { ...b.build(), opsets: { "": 9 } };
}

/** Files to corrupt: the models above, and three reference operators if the shared folder exists. */
export const fuzzModels = (): Uint8Array[] => [
  ...[classifier(), shapes(), branches(), constants(), structures(), old()].map(encodeModel),
  ...(hasShared ? ["tan", "exp", "clip_0_6"] : []).map((name) =>
    readFileSync(sharedPath("reference", "autodiff", "ops", `${name}.onnx`)),
  ),
];
