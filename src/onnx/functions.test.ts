import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import { Session } from "../runtime/session.js";
import { float, GraphBuilder, int } from "./builder.js";
import { decodeModel } from "./decode.js";
import { encodeModel } from "./encode.js";
import type { Graph } from "./graph.js";
import { type FunctionMessage, ModelMessage, type ModelMessageShape, type NodeMessage } from "./schema.js";
import { float32, type Tensor } from "./tensor.js";

const DOMAIN = "my.functions";

/** The bytes of a graph that calls these functions, with the functions in the file. */
function withFunctions(graph: Graph, functions: readonly Partial<FunctionMessage>[]): Uint8Array {
  const message = ModelMessage.decode(
    encodeModel({ ...graph, opsets: { ...graph.opsets, [DOMAIN]: 1 } }),
  ) as unknown as ModelMessageShape;
  for (const node of message.graph?.node ?? []) if (/^My/.test(node.opType)) node.domain = DOMAIN;
  const whole = functions.map((fn) => ({
    domain: DOMAIN,
    opsetImport: [
      { domain: "", version: 13 },
      { domain: DOMAIN, version: 1 },
    ],
    ...fn,
  }));
  return ModelMessage.encode({ ...message, functions: whole }).finish();
}

const node = (opType: string, input: string[], output: string[], more: Partial<NodeMessage> = {}) => ({
  opType,
  input,
  output,
  attribute: [],
  ...more,
});

const reference = (name: string, type: number, refAttrName = name) => ({ name, type, refAttrName });

const x = float32([-2, -0.5, 0.25, 1, 3, -1], [2, 3]);

async function firstOf(model: Graph | string): Promise<Tensor> {
  const session = await Session.create(model);
  const [first] = Object.values(await session.run({ x }));
  await session.release();
  return first as Tensor;
}

/** Asserts that the runtime computes the same from the file itself as from the decoded graph. */
async function sameAsFile(t: TestContext, bytes: Uint8Array): Promise<Graph> {
  const path = join(temporaryFolder(t), "model.onnx");
  writeFileSync(path, bytes);
  const graph = decodeModel(bytes);
  assert.ok(graph.nodes.every(({ domain }) => domain === ""));
  assert.deepEqual(await firstOf(graph), await firstOf(path));
  return graph;
}

/** y = leaky(x, slope) as a function; `slope` is an attribute of the call with the default 0.5. */
const leaky: Partial<FunctionMessage> = {
  name: "MyLeaky",
  input: ["a"],
  output: ["r"],
  node: [
    node("LeakyRelu", ["a"], ["half"], { attribute: [reference("alpha", 1, "slope")] }),
    node("Identity", ["half"], ["r"]),
  ],
  attributeProto: [{ name: "slope", type: 1, f: 0.5 }],
};

test("an inlined function computes the same as the function in the runtime", async (t) => {
  const b = new GraphBuilder("calls");
  const input = b.input("x", [2, 3]);
  const twice = b.add("MyLeaky", [b.add("MyLeaky", [input])], { slope: float(0.1) });
  b.output("y", b.Add(twice, input));
  const graph = await sameAsFile(t, withFunctions(b.build(), [leaky]));
  assert.equal(graph.nodes.filter(({ op }) => op === "LeakyRelu").length, 2);
});

test("a function may have its own opset, call functions, and return a parameter", async () => {
  const squeezed: Partial<FunctionMessage> = {
    name: "MyPair",
    input: ["a", "unused"],
    output: ["mean", "a", "mean"],
    opsetImport: [
      { domain: "", version: 11 },
      { domain: DOMAIN, version: 1 },
    ],
    node: [
      node("MyLeaky", ["a"], ["inner"], { domain: DOMAIN, attribute: [reference("slope", 1)] }),
      node("ReduceSum", ["inner"], ["mean"], {
        attribute: [
          { name: "axes", type: 7, ints: [1] },
          { name: "keepdims", type: 2, i: 1 },
        ],
      }),
    ],
  };
  const b = new GraphBuilder("nested");
  const input = b.input("x", [2, 3]);
  const [sum, same, again] = b.addMany("MyPair", [input], { slope: float(2) }, 3) as [string, string, string];
  b.output("y", b.Mul(b.Add(sum, same), again));
  await assertNormal(withFunctions(b.build(), [squeezed, leaky]));
});

/** Asserts y = (sum + x)·sum, where sum are the row sums of leaky(x, 2). */
async function assertNormal(bytes: Uint8Array): Promise<void> {
  const data = [...(x.data as Float32Array)];
  const slopes = data.map((v) => (v < 0 ? 2 * v : v));
  const sums = [0, 1].map((row) => slopes.slice(3 * row, 3 * row + 3).reduce((s, v) => s + v, 0));
  const expected = data.map((v, i) => {
    const sum = sums[Math.floor(i / 3)] as number;
    return (sum + v) * sum;
  });
  const { data: got } = await firstOf(decodeModel(bytes));
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(Number(got[i]) - value) < 1e-5);
}

test("a function that calls itself is an error", () => {
  const b = new GraphBuilder("endless");
  b.output("y", b.add("MyLoop", [b.input("x", [2, 3])], { axis: int(1) }));
  const loop = (op: string) => node(op, ["a"], ["r"], { domain: DOMAIN });
  const fn = { name: "MyLoop", input: ["a"], output: ["r"], node: [loop("MyLoop")] };
  assert.throws(() => decodeModel(withFunctions(b.build(), [fn])), /function "MyLoop" calls itself/);
  const doubling = Array.from({ length: 40 }, (_, i) => ({
    name: i === 0 ? "MyLoop" : `MyLoop${i}`,
    input: ["a"],
    output: ["r"],
    node: [0, 1, 2].map((copy) => node(`MyLoop${i + 1}`, ["a"], [copy ? `s${copy}` : "r"], { domain: DOMAIN })),
  }));
  assert.throws(() => decodeModel(withFunctions(b.build(), doubling)), /calls others without end/);
});
