import assert from "node:assert/strict";
import { test } from "node:test";
import { gradients, obstacles } from "../src/autodiff/gradients.js";
import { GraphBuilder } from "../src/graph/builder.js";
import { bindShapes, type Graph, withOutputs } from "../src/graph/graph.js";
import { readModel } from "../src/graph/read.js";
import { readSafetensors } from "../src/graph/safetensors.js";
import type { Tensor } from "../src/graph/tensor.js";
import { crossEntropy, meanSquaredError } from "../src/objectives/losses.js";
import { probe } from "../src/runtime/probe.js";
import { Session, type Tensors } from "../src/runtime/session.js";
import {
  fixturePath,
  gradientFixtures,
  type NetFixture,
  norm,
  type OpFixture,
  relativeL2,
} from "../testing/fixtures.js";
import { hasShared, skipWithoutShared as skip } from "../testing/shared.js";

const { nets, ops } = hasShared ? gradientFixtures() : { nets: [], ops: [] };

/** The graph with its loss, differentiated and run; weights stay constants. */
async function gradientsOf(graph: Graph, feeds: Tensors, wrt: readonly string[]): Promise<Tensors> {
  const { graph: folded, shapes } = await probe(graph, wrt);
  const { graph: whole, gradients: found } = gradients(folded, "loss", wrt, shapes);
  const fetch = [...found.values()].filter((name) => name !== null);
  const session = await Session.create(withOutputs(whole, ["loss", ...new Set(fetch)]));
  const results = await session.run(feeds);
  await session.release();
  const named = [...found].flatMap(([value, grad]) => (grad ? [[value, results[grad] as Tensor] as const] : []));
  return { ...Object.fromEntries(named), loss: results.loss as Tensor };
}

const unsupported = (graph: Graph, wrt: readonly string[]) => [
  ...new Set(obstacles(graph, "loss", wrt).map(({ node }) => node.op)),
];

function withNetLoss(graph: Graph, fixture: NetFixture): Graph {
  const b = GraphBuilder.from(bindShapes(graph, { input: fixture.input_shape }));
  const [n, classes, ...positions] = fixture.output_shape as [number, number, ...number[]];
  const loss =
    fixture.loss_kind === "mean_squared_error"
      ? meanSquaredError(b, "logits", b.input("target", fixture.output_shape))
      : crossEntropy(b, "logits", b.input("labels", [n, ...positions], "int64"), classes, positions.length + 2);
  b.output("loss", loss);
  return b.build();
}

for (const fixture of nets) {
  test(`${fixture.name}: the gradients of the input and the parameters equal PyTorch's`, { skip }, async (t) => {
    const { tensors } = await readSafetensors(fixturePath(fixture.tensors));
    const graph = withNetLoss(await readModel(fixturePath(fixture.onnx)), fixture);
    const parameters = Object.keys(fixture.noise_floor.param_grad ?? {});
    const missing = unsupported(graph, ["input", ...parameters]);
    if (missing.length > 0) return t.skip(`no gradient yet for ${missing}`);
    const got = await gradientsOf(graph, tensors, ["input", ...parameters]);
    const near = (value: string, reference: string, floor: number) => {
      const error = relativeL2(got[value] as Tensor, tensors[reference] as Tensor);
      assert.ok(error <= Math.max(1e-4, 20 * floor), `${value}: relative error ${error}`);
    };
    near("loss", "loss", fixture.noise_floor.loss);
    near("input", "grad_input", fixture.noise_floor.grad_input);
    for (const name of parameters) {
      if (fixture.param_grad_zero?.includes(name))
        assert.ok(norm(got[name] as Tensor) <= 1e-4 * (fixture.param_grad_total_norm ?? 0), `${name} is not near zero`);
      else near(name, `param_grad.${name}`, fixture.noise_floor.param_grad?.[name] ?? 0);
    }
  });
}

function withOpLoss(graph: Graph, tensors: Tensors): Graph {
  const b = GraphBuilder.from(graph);
  const terms = graph.outputs.map(({ name }) => {
    const weight = tensors[`weight.${name}`] as Tensor;
    return b.ReduceSum(b.Mul(name, b.constant(weight)), undefined, false);
  });
  b.output("loss", b.Sum(terms));
  return b.build();
}

for (const fixture of ops) {
  test(`${fixture.name}: the gradients equal PyTorch's`, { skip }, async (t) => {
    const { tensors } = await readSafetensors(fixturePath(fixture.tensors));
    const graph = withOpLoss(await readModel(fixturePath(fixture.onnx)), tensors);
    const wrt = fixture.wrt.map(({ name }) => name);
    const missing = unsupported(graph, wrt);
    if (missing.length > 0) return t.skip(`no gradient yet for ${missing}`);
    const feeds = Object.fromEntries(graph.inputs.map(({ name }) => [name, tensors[`input.${name}`] as Tensor]));
    const got = await gradientsOf(graph, feeds, wrt);
    for (const name of wrt) checkOp(fixture, name, got[name], tensors[`grad.${name}`] as Tensor);
  });
}

function checkOp(fixture: OpFixture, name: string, got: Tensor | undefined, reference: Tensor): void {
  if (fixture.zero_grad?.includes(name)) {
    for (const value of got?.data ?? []) assert.ok(Math.abs(Number(value)) < 1e-6, `${name} should have no gradient`);
    return;
  }
  assert.ok(got, `${name} has no gradient`);
  const error = relativeL2(got, reference);
  assert.ok(error <= Math.max(1e-4, 20 * (fixture.noise_floor[name] ?? 0)), `${name}: relative error ${error}`);
}
