import assert from "node:assert/strict";
import { test } from "node:test";
import { gradients } from "../src/autodiff/gradients.js";
import { kindOf, operators } from "../src/autodiff/operators.js";
import { rules } from "../src/autodiff/rules/index.js";
import { GraphBuilder, string } from "../src/onnx/builder.js";
import { OPSET, withOutputs } from "../src/onnx/graph.js";
import { float32, type Tensor } from "../src/onnx/tensor.js";
import { probe } from "../src/runtime/probe.js";
import { Session, type Tensors } from "../src/runtime/session.js";
import { Draw } from "../testing/draw.js";
import { estimates, ruleCases } from "../testing/rule-cases.js";

/** Another seed draws other shapes and values: LEGIBLE_SEED=7 npm test. */
const seed = Number(process.env.LEGIBLE_SEED ?? 1);
/** Random cases per operator. */
const DRAWS = 4;
/** Step h of the central difference (f(x + h) - f(x - h)) / 2h. */
const STEP = 5e-3;

test("every rule that passes a gradient has a case, and every case has a rule", () => {
  const differentiable = Object.keys(rules).filter((op) => kindOf(op) === "differentiable" && !estimates.includes(op));
  assert.deepEqual(differentiable.sort(), Object.keys(ruleCases).sort());
});

/** Nodes outside the limits of their rule, and what is wrong with them. */
const outside: Readonly<Record<string, readonly [why: RegExp, make: (b: GraphBuilder, x: string) => string]>> = {
  Einsum: [/takes a diagonal/, (b, x) => b.add("Einsum", [x], { equation: string("ii->i") })],
  GridSample: [
    /samples a volume/,
    (b, x) => b.add("GridSample", [b.Reshape(x, [1, 1, 1, 2, 2]), b.filled(0, [1, 1, 2, 2, 3])]),
  ],
  Pad: [/from data/, (b, x) => b.add("Pad", [x, b.Cast(b.Reshape(x, [4]), "int64")])],
  Resize: [
    /region of interest/,
    (b, x) =>
      b.add("Resize", [x, b.constant(float32([0, 0, 1, 1])), b.constant(float32([2, 2]))], {
        coordinate_transformation_mode: string("tf_crop_and_resize"),
      }),
  ],
  ScatterND: [/reduction "mul"/, (b, x) => b.add("ScatterND", [x, b.integers([0]), x], { reduction: string("mul") })],
  TopK: [/indices/, (b, x) => b.add("TopK", [x, b.integers([1])])],
};

for (const [op, [why, make]] of Object.entries(outside))
  test(`${op}: a node outside the limits of the rule is an error that quotes them`, () => {
    const b = new GraphBuilder("limited");
    const y = make(b, b.input("x", [2, 2]));
    b.output("y", y);
    const graph = b.build();
    const shapes = new Map(
      graph.nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]).map((v) => [v, [2, 2]]),
    );
    if (op === "GridSample") shapes.set(graph.nodes.find((node) => node.op === op)?.inputs[0] ?? "", [1, 1, 1, 2, 2]);
    assert.throws(
      () => gradients(graph, y, ["x"], shapes),
      ({ message }: Error) =>
        why.test(message) &&
        message.startsWith("cannot differentiate limited: ") &&
        message.includes(rules[op]?.limits ?? "-"),
    );
  });

/** A random graph of one operator with the loss Σ output·weight; weights are inputs. */
async function prepare(op: string, draw: number) {
  const b = new GraphBuilder(op, Math.max(OPSET, operators[op]?.since ?? 0));
  const d = new Draw(b, seed, draw);
  const outputs = [ruleCases[op]?.(d) ?? ""].flat();
  const wrt = Object.keys(d.feeds);
  for (const output of outputs) b.output(output, output);
  const { shapes } = await probe(b.build());
  const weights = outputs.map((output) => d.normal(shapes.get(output) ?? []));
  const terms = outputs.map((output, i) => {
    const weight = b.input(`weight${i}`, weights[i]?.shape ?? []);
    d.feeds[weight] = weights[i] as Tensor;
    return b.ReduceSum(b.Mul(output, weight), undefined, false);
  });
  b.output("loss", b.Sum(terms));
  const probed = await probe(withOutputs(b.build(), ["loss"]));
  const differentiated = gradients(probed.graph, "loss", wrt, probed.shapes);
  const found = wrt.map((name) => differentiated.gradients.get(name) ?? null);
  const graph = withOutputs(differentiated.graph, [...outputs, ...new Set(found.filter((name) => name !== null))]);
  return { session: await Session.create(graph), feeds: d.feeds as Tensors, wrt, outputs, found, weights };
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

/** Σ output·weight in float64. */
async function lossOf({ session, outputs, weights, feeds }: Prepared, changed: Tensors): Promise<number> {
  const results = await session.run({ ...feeds, ...changed }, outputs);
  return outputs.reduce((sum, output, i) => sum + dot(results[output] as Tensor, weights[i] as Tensor), 0);
}

const dot = (x: Tensor, y: Tensor) => (x.data as Float32Array).reduce((sum, v, i) => sum + v * Number(y.data[i]), 0);
const shifted = (x: Tensor, by: number, along: readonly number[]): Tensor =>
  float32(
    (x.data as Float32Array).map((v, i) => v + by * (along[i] ?? 0)),
    x.shape,
  );

/** A unit vector close to the direction of the gradient, so that errors of its magnitude show as well as of its sign. */
function direction(gradient: Tensor, turn: number): number[] {
  const size = Math.sqrt(dot(gradient, gradient)) || 1;
  const raw = Array.from(
    gradient.data as Float32Array,
    (g, i) => g / size + Math.sin(1.7 * i + turn) / Math.sqrt(gradient.data.length),
  );
  const length = Math.hypot(...raw);
  return raw.map((value) => value / length);
}

for (const op of Object.keys(ruleCases))
  test(`${op}: the gradient equals central differences, has the input's shape and is linear in the gradient of the output`, async () => {
    for (let draw = 0; draw < DRAWS; draw++) {
      const where = `${op}, seed ${seed}, draw ${draw}`;
      const prepared = await prepare(op, draw);
      const { session, feeds, wrt, found } = prepared;
      const results = await session.run(feeds);
      for (const [i, name] of wrt.entries()) {
        const gradient = results[found[i] ?? ""];
        assert.ok(gradient, `${where}: ${name} has no gradient`);
        assert.deepEqual(gradient.shape, feeds[name]?.shape, `${where}: ${name}`);
        await checkDifferences(prepared, name, gradient, where);
      }
      await checkLinear(prepared, results, where);
      await session.release();
    }
  });

async function checkDifferences(prepared: Prepared, name: string, gradient: Tensor, where: string): Promise<void> {
  const x = prepared.feeds[name] as Tensor;
  for (const phase of [0, 1]) {
    const along = direction(gradient, phase);
    const above = await lossOf(prepared, { [name]: shifted(x, STEP, along) });
    const below = await lossOf(prepared, { [name]: shifted(x, -STEP, along) });
    const difference = (above - below) / (2 * STEP);
    const expected = along.reduce((sum, v, i) => sum + v * Number(gradient.data[i]), 0);
    const error = Math.abs(difference - expected);
    assert.ok(
      error <= 5e-3 * Math.abs(expected) + 2e-3,
      `${where}: d ${name} is ${expected}, and the central difference ${difference}`,
    );
  }
}

/** A rule is linear in the gradient of the output: with doubled weights, every gradient doubles. */
async function checkLinear(
  { session, feeds, wrt, found, weights }: Prepared,
  once: Tensors,
  where: string,
): Promise<void> {
  const doubled = weights.map(
    (weight, i) => [`weight${i}`, shifted(weight, 1, [...(weight.data as Float32Array)])] as const,
  );
  const twice = await session.run({ ...feeds, ...Object.fromEntries(doubled) });
  for (const [i, name] of wrt.entries()) {
    const [one, two] = [once[found[i] ?? ""] as Tensor, twice[found[i] ?? ""] as Tensor];
    const norm = Math.sqrt(dot(one, one)) + 1e-6;
    const error = Math.sqrt(
      dot(shifted(two, -2, [...(one.data as Float32Array)]), shifted(two, -2, [...(one.data as Float32Array)])),
    );
    assert.ok(error <= 1e-4 * norm, `${where}: the gradient of ${name} is not linear`);
  }
}
