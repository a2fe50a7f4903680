import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../runtime/session.js";
import { int } from "./builder.js";
import { decodeModel } from "./decode.js";
import { encodeModel } from "./encode.js";
import type { Graph, Node } from "./graph.js";
import { widened } from "./precision.js";
import { float32, type Tensor } from "./tensor.js";

const halves = (bits: readonly number[], type: "float16" | "bfloat16" = "float16"): Tensor => ({
  type,
  shape: [bits.length],
  data: Uint16Array.from(bits),
});

const node = (op: string, inputs: string[], output: string, attributes: Node["attributes"] = {}): Node => ({
  op,
  domain: "",
  name: op,
  inputs,
  outputs: [output],
  attributes,
});

test("the conversion of every finite float16 equals that of the runtime", async () => {
  const bits = Array.from({ length: 65536 }, (_, i) => i).filter((b) => (b & 0x7c00) !== 0x7c00);
  const graph: Graph = {
    name: "cast",
    opsets: { "": 21 },
    inputs: [{ name: "x", type: "float16", shape: [bits.length] }],
    outputs: [{ name: "y" }],
    nodes: [node("Cast", ["x"], "y", { to: int(1) })],
    initializers: new Map(),
    metadata: {},
  };
  const session = await Session.create(graph);
  const { y } = await session.run({ x: halves(bits) });
  assert.deepEqual(widened(halves(bits)).data, y?.data);
});

test("infinities and bfloat16 are converted", () => {
  assert.deepEqual([...widened(halves([0x7c00, 0xfc00])).data], [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  assert.deepEqual([...widened(halves([0x3fc0, 0xc2f7], "bfloat16")).data], [1.5, -123.5]);
});

/** y = relu(x·w + 1.5) in half precision, behind a Cast from float32 or with an input of half precision. */
function inHalves(type: "float16" | "bfloat16", cast: boolean): Graph {
  const [code, one] = type === "float16" ? [10, 0x3e00] : [16, 0x3fc0];
  const shaped = { ...halves([0x4000, 0xb800, 0x3c00, 0x3e00], type), shape: [2, 2] };
  return {
    name: "half",
    opsets: { "": 13 },
    inputs: [{ name: "x", type: cast ? "float32" : type, shape: [1, 2] }],
    outputs: [{ name: "y", type, shape: [1, 2] }],
    nodes: [
      ...(cast ? [node("Cast", ["x"], "h", { to: int(code) })] : []),
      node("MatMul", [cast ? "h" : "x", "w"], "p"),
      node("Constant", [], "one", { value: { kind: "tensor", value: halves([one], type) } }),
      node("Add", ["p", "one"], "s"),
      node("Relu", ["s"], "y"),
    ],
    initializers: new Map([["w", shaped]]),
    metadata: {},
  };
}

for (const cast of [false, true])
  test(`a float16 model ${cast ? "behind a Cast " : ""}computes the same in float32 as in float16`, async () => {
    const graph = inHalves("float16", cast);
    const read = decodeModel(encodeModel(graph));
    const x = float32([0.5, -0.25], [1, 2]);
    const y = (await (await Session.create(read)).run({ x })).y as Tensor;
    const session = await Session.create(graph);
    const input = cast ? x : { ...halves([0x3800, 0xb400]), shape: [1, 2] };
    const expected = (await session.run({ x: input })).y as Tensor;
    assert.equal(y.type, "float32");
    assert.deepEqual(y.data, widened(expected).data);
    assert.deepEqual(read.notes, ["it is written in half precision and computed in float32"]);
  });

test("a bfloat16 model runs in float32", async () => {
  const read = decodeModel(encodeModel(inHalves("bfloat16", true)));
  const { y } = await (await Session.create(read)).run({ x: float32([0, 0], [1, 2]) });
  assert.deepEqual([...(y?.data ?? [])], [1.5, 1.5]);
});

test("a quantized model gets a note, others do not", () => {
  const quantized = (op: string): Graph => ({
    ...inHalves("float16", false),
    inputs: [{ name: "x", type: "uint8", shape: [2] }],
    outputs: [{ name: "y" }],
    nodes: [node(op, ["x", ...(op === "DequantizeLinear" ? ["scale"] : [])], "y", { to: int(1) })],
    initializers: new Map([["scale", float32([0.5], [])]]),
  });
  const notes = (op: string) => decodeModel(encodeModel(quantized(op))).notes;
  assert.match(notes("DequantizeLinear")?.[0] ?? "", /straight through quantization within its range/);
  assert.deepEqual(notes("Cast"), []);
});

/** y = relu(x·w / 4) in double precision; x is of this type and cast if it is not float64. */
function inDoubles(type: "float64" | "float32" | "uint8"): Graph {
  return {
    name: "double",
    opsets: { "": 17 },
    inputs: [{ name: "x", type, shape: ["N", 2] }],
    outputs: [{ name: "y", type: "float64", shape: ["N", 2] }],
    nodes: [
      ...(type === "float64" ? [] : [node("Cast", ["x"], "d", { to: int(11) })]),
      node("MatMul", [type === "float64" ? "x" : "d", "w"], "p"),
      node("Div", ["p", "four"], "q"),
      node("Relu", ["q"], "y"),
    ],
    initializers: new Map<string, Tensor>([
      ["w", { type: "float64", shape: [2, 2], data: Float64Array.of(2, -0.5, 1, 1.5) }],
      ["four", { type: "float64", shape: [], data: Float64Array.of(4) }],
    ]),
    metadata: {},
  };
}

for (const type of ["float64", "float32", "uint8"] as const)
  test(`a float64 model with an input of ${type} runs in float32, and a note says so`, async () => {
    const read = decodeModel(encodeModel(inDoubles(type)));
    const data = type === "uint8" ? Uint8Array.of(2, 4) : Float32Array.of(2, 4);
    const x: Tensor = { type: type === "uint8" ? type : "float32", shape: [1, 2], data };
    const { y } = await (await Session.create(read)).run({ x });
    assert.equal(y?.type, "float32");
    assert.deepEqual([...(y?.data ?? [])], [2, 1.25]);
    assert.deepEqual(read.notes, ["it is written in double precision and computed in float32"]);
  });

test("shape arithmetic in float64 stays in float64", () => {
  const graph: Graph = {
    ...inDoubles("float32"),
    outputs: [{ name: "y" }],
    nodes: [
      node("Shape", ["x"], "shape"),
      node("Cast", ["shape"], "sizes", { to: int(11) }),
      node("Mul", ["sizes", "four"], "larger"),
      node("Cast", ["larger"], "whole", { to: int(7) }),
      node("ConstantOfShape", ["whole"], "y"),
    ],
  };
  const read = decodeModel(encodeModel(graph));
  assert.equal(read.initializers.get("four")?.type, "float64");
  assert.deepEqual(read.notes, []);
});
