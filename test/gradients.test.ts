import assert from "node:assert/strict";
import { test } from "node:test";
import { lossGradients } from "../src/inspection/gradient.js";
import type { Graph } from "../src/onnx/graph.js";
import type { Tensor } from "../src/onnx/tensor.js";
import { passes } from "../src/passes/index.js";
import type { Pass } from "../src/passes/pass.js";
import { readModel } from "../src/platform/node/models.js";
import { readSafetensors } from "../src/platform/node/safetensors-files.js";
import type { Tensors } from "../src/runtime/session.js";
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

const losses = {
  mean_cross_entropy: "cross-entropy",
  mean_cross_entropy_per_pixel: "cross-entropy",
  mean_squared_error: "mse",
} as const;

for (const fixture of nets) {
  test(`${fixture.name}: the gradients of the input and the parameters equal PyTorch's`, { skip }, async () => {
    await checkNet(fixture, { graph: await readModel(fixturePath(fixture.onnx)), weights: {}, passes: [] });
  });

  test(`${fixture.name}: they do after all passes, too`, { skip }, async () => {
    const variable = withInputs(await readModel(fixturePath(fixture.onnx)), parametersOf(fixture));
    await checkNet(fixture, { ...variable, passes });
  });
}

const parametersOf = (fixture: NetFixture) => Object.keys(fixture.noise_floor.param_grad ?? {});

/** The graph with some of its initializers turned into inputs, as in training, and their values. */
function withInputs(graph: Graph, names: readonly string[]): { graph: Graph; weights: Tensors } {
  const weights = Object.fromEntries([...graph.initializers].filter(([name]) => names.includes(name)));
  const inputs = Object.entries(weights).map(([name, { type, shape }]) => ({ name, type, shape }));
  const initializers = new Map([...graph.initializers].filter(([name]) => !names.includes(name)));
  return { graph: { ...graph, inputs: [...graph.inputs, ...inputs], initializers }, weights };
}

interface Subject {
  readonly graph: Graph;
  /** The values of the inputs that are weights. */
  readonly weights: Tensors;
  readonly passes: readonly Pass[];
}

async function checkNet(fixture: NetFixture, { graph, weights, passes }: Subject): Promise<void> {
  const { tensors } = await readSafetensors(fixturePath(fixture.tensors));
  const parameters = parametersOf(fixture);
  const options = { loss: losses[fixture.loss_kind], wrt: ["input", ...parameters], passes };
  const { loss, gradients } = await lossGradients(graph, { ...tensors, ...weights }, options);
  const got: Tensors = { ...gradients, loss };
  const assertNear = (value: string, reference: string, floor: number) => {
    const error = relativeL2(got[value] as Tensor, tensors[reference] as Tensor);
    assert.ok(error <= Math.max(1e-4, 20 * floor), `${value}: relative error ${error}`);
  };
  assertNear("loss", "loss", fixture.noise_floor.loss);
  assertNear("input", "grad_input", fixture.noise_floor.grad_input);
  for (const name of parameters) {
    if (fixture.param_grad_zero?.includes(name))
      assert.ok(norm(got[name] as Tensor) <= 1e-4 * (fixture.param_grad_total_norm ?? 0), `${name} is not near zero`);
    else assertNear(name, `param_grad.${name}`, fixture.noise_floor.param_grad?.[name] ?? 0);
  }
}

for (const fixture of ops) {
  test(`${fixture.name}: the gradients equal PyTorch's`, { skip }, async () => {
    const { tensors } = await readSafetensors(fixturePath(fixture.tensors));
    const graph = await readModel(fixturePath(fixture.onnx));
    const wrt = fixture.wrt.map(({ name }) => name);
    const feeds = Object.fromEntries(graph.inputs.map(({ name }) => [name, tensors[`input.${name}`] as Tensor]));
    const { gradients, independent } = await lossGradients(
      graph,
      { ...feeds, ...tensors },
      { loss: "weighted-sum", wrt },
    );
    const found = (name: string) => (independent.includes(name) ? undefined : gradients[name]);
    for (const name of wrt) checkOp(fixture, name, found(name), tensors[`grad.${name}`] as Tensor);
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
