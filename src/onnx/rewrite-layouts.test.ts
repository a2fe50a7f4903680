import { test } from "node:test";
import { assertClose, MICROSOFT, normal, outputsOf, readBack } from "../../testing/rewritten.js";
import { float, GraphBuilder, int, ints, string } from "./builder.js";
import type { Attribute } from "./graph.js";
import { float32, type Tensor } from "./tensor.js";

/*
 * Operators for which ONNX Runtime has no implementation on a CPU, against the standard operators that its documentation
 * describes them by.
 */

const NHWC = "com.ms.internal.nhwc";
const first = (b: GraphBuilder, x: string) => b.Transpose(x, [0, 3, 1, 2]);
const last = (b: GraphBuilder, x: string) => b.Transpose(x, [0, 2, 3, 1]);
const window = { kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]) };
const image = normal([2, 5, 6, 4], 1);
const weight = normal([3, 4, 3, 3], 2);
const [gamma, beta] = [normal([4], 3), normal([4], 4)];
const scales = (...values: readonly number[]): Tensor => float32(values);

type Own = readonly [domain: string, op: string, inputs: readonly Tensor[], attributes: Record<string, Attribute>];

const cases: readonly (readonly [own: Own, (b: GraphBuilder, x: string, others: readonly string[]) => string])[] = [
  [[NHWC, "Conv", [weight], window], (b, x, [w = ""]) => last(b, b.add("Conv", [first(b, x), w], window))],
  [[NHWC, "MaxPool", [], window], (b, x) => last(b, b.add("MaxPool", [first(b, x)], window))],
  [[NHWC, "GlobalAveragePool", [], {}], (b, x) => last(b, b.GlobalAveragePool(first(b, x)))],
  [[NHWC, "DepthToSpace", [], { blocksize: int(2) }], (b, x) => last(b, b.DepthToSpace(first(b, x), 2, "DCR"))],
  [[NHWC, "Resize", [float32([]), scales(1, 2, 3, 1)], {}], (b, x) => last(b, b.Resize(first(b, x), [1, 1, 2, 3], {}))],
  [
    [
      MICROSOFT,
      "NhwcConv",
      [
        float32(
          new Float32Array(108).map((_, i) => Math.sin(i)),
          [3, 3, 3, 4],
        ),
      ],
      window,
    ],
    (b, x, [w = ""]) => last(b, b.add("Conv", [first(b, x), first(b, w)], window)),
  ],
  [
    [MICROSOFT, "NhwcFusedConv", [weight], { ...window, activation: string("Relu") }],
    (b, x, [w = ""]) => last(b, b.Relu(b.add("Conv", [first(b, x), w], window))),
  ],
  [
    [MICROSOFT, "GroupNorm", [gamma, beta], { groups: int(2), activation: int(1), epsilon: float(1e-5) }],
    (b, x, [g = "", s = ""]) => {
      const y = b.add("GroupNormalization", [first(b, x), g, s], { num_groups: int(2), epsilon: float(1e-5) });
      return last(b, b.Mul(y, b.Sigmoid(y)));
    },
  ],
  [
    [MICROSOFT, "SkipGroupNorm", [gamma, beta, normal([2, 4], 5)], { groups: int(2), activation: int(0) }],
    (b, x, [g = "", s = "", skip = ""]) => {
      const sum = b.Add(first(b, x), b.Unsqueeze(skip, [2, 3]));
      return last(b, b.add("GroupNormalization", [sum, g, s], { num_groups: int(2) }));
    },
  ],
  [
    [MICROSOFT, "BiasSplitGelu", [beta], {}],
    (b, x, [bias = ""]) => {
      const [left = "", right = ""] = b.Split(b.Add(x, bias), -1, [2, 2]);
      return b.Mul(left, b.add("Gelu", [right]));
    },
  ],
  [[MICROSOFT, "BiasAdd", [beta, image], {}], (b, x, [bias = "", skip = ""]) => b.Sum([x, bias, skip])],
  [
    [MICROSOFT, "BiasSoftmax", [normal([1, 5, 6, 4], 6)], { axis: int(2), is_inner_broadcast: int(0) }],
    (b, x, [bias = ""]) => b.Reshape(b.Softmax(b.Reshape(b.Add(x, bias), [10, 24]), -1), [2, 5, 6, 4]),
  ],
];

for (const [[domain, op, tensors, attributes], standard] of cases)
  test(`${domain}.${op} equals the standard operators of its definition`, async () => {
    const build = (make: (b: GraphBuilder, x: string, others: readonly string[]) => string) => {
      const b = new GraphBuilder(op);
      const x = b.input("x", ["N", 5, 6, 4]);
      const others = tensors.map((tensor) => (tensor.data.length > 0 ? b.constant(tensor) : ""));
      b.output("y", make(b, x, others));
      return b.build();
    };
    const own = build((b, x, others) => b.addCustom(domain, op, [x, ...others], attributes));
    assertClose(await outputsOf(readBack(own), { x: image }), await outputsOf(build(standard), { x: image }), 1e-6);
  });
