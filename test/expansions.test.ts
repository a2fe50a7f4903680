import assert from "node:assert/strict";
import { test } from "node:test";
import { lossGradients } from "../src/inspection/gradient.js";
import { GraphBuilder } from "../src/onnx/builder.js";
import { decodeModel } from "../src/onnx/decode.js";
import { encodeModel } from "../src/onnx/encode.js";
import { type Graph, withOutputs } from "../src/onnx/graph.js";
import { float32, type Tensor, toNumbers } from "../src/onnx/tensor.js";
import { probe } from "../src/runtime/probe.js";
import { Session, type Tensors } from "../src/runtime/session.js";
import { Draw } from "../testing/draw.js";
import { expansionCases } from "../testing/expansion-cases.js";
import { relativeL2 } from "../testing/fixtures.js";

/** Another seed draws other shapes and values: LEGIBLE_SEED=7 npm test. */
const seed = Number(process.env.LEGIBLE_SEED ?? 1);
/** Random graphs for each case. */
const DRAWS = 12;
/** Step h of the central difference (f(x + h) - f(x - h)) / 2h. */
const STEP = 5e-3;

const replaced = new Set(["Loop", "Scan", "LSTM", "GRU", "RNN", "DeformConv", "SequenceAt", "ConcatFromSequence"]);

async function outputsOf(graph: Graph, feeds: Tensors): Promise<Tensors> {
  const session = await Session.create(graph, { threads: 1 });
  const results = await session.run(feeds);
  await session.release();
  return results;
}

/** A random graph with the operator, and the values of its inputs. */
function drawn(name: string, draw: number) {
  const b = new GraphBuilder(name);
  const d = new Draw(b, seed, draw);
  const outputs = [expansionCases[name]?.(d) ?? ""].flat();
  for (const output of outputs) b.output(output, output);
  const graph = b.build();
  const read = new Set(graph.inputs.map((input) => input.name));
  return { graph, outputs, d, feeds: Object.fromEntries(Object.entries(d.feeds).filter(([key]) => read.has(key))) };
}

for (const name of Object.keys(expansionCases)) {
  test(`${name}: the nodes that replace the operator compute what ONNX Runtime's operator computes`, async () => {
    for (let draw = 0; draw < DRAWS; draw++) {
      const { graph, outputs, feeds } = drawn(name, draw);
      const where = `${name}, seed ${seed}, draw ${draw}`;
      const { graph: resolved } = await probe(graph);
      const left = resolved.nodes.filter(({ op }) => replaced.has(op)).map(({ op }) => op);
      assert.deepEqual(left, [], where);
      const read = decodeModel(encodeModel(graph));
      const expected = await outputsOf(graph, feeds);
      for (const changed of [resolved, read]) {
        const got = await outputsOf(withOutputs(changed, outputs), feeds);
        for (const output of outputs) {
          const [one, other] = [got[output] as Tensor, expected[output] as Tensor];
          assert.deepEqual(one.shape, other.shape, where);
          assert.ok(relativeL2(one, other) < 1e-5, `${where}: ${output} differs by ${relativeL2(one, other)}`);
        }
      }
    }
  });

  test(`${name}: the gradient equals central differences of ONNX Runtime's operator`, async () => {
    for (let draw = 0; draw < DRAWS; draw++) {
      const { graph, outputs, d, feeds } = drawn(name, draw);
      const first = await outputsOf(graph, feeds);
      const weights = Object.fromEntries(outputs.map((output) => [output, d.normal(first[output]?.shape ?? [])]));
      const given = Object.fromEntries(Object.entries(weights).map(([output, w]) => [`weight.${output}`, w]));
      const { gradients } = await lossGradients(graph, { ...feeds, ...given }, { loss: "weighted-sum" });
      const session = await Session.create(graph, { threads: 1 });
      const lossAt = async (changed: Tensors) => {
        const results = await session.run({ ...feeds, ...changed });
        return outputs.reduce((sum, output) => sum + dot(results[output], weights[output]), 0);
      };
      for (const [input, x] of Object.entries(feeds)) {
        const along = direction(gradients[input] as Tensor, draw);
        const difference =
          ((await lossAt({ [input]: moved(x, along, STEP) })) - (await lossAt({ [input]: moved(x, along, -STEP) }))) /
          (2 * STEP);
        const expected = along.reduce((sum, v, i) => sum + v * Number(gradients[input]?.data[i]), 0);
        assert.ok(
          Math.abs(difference - expected) <= 5e-3 * Math.abs(expected) + 2e-3,
          `${name}, seed ${seed}, draw ${draw}: d ${input} is ${expected}, and the central difference ${difference}`,
        );
      }
      await session.release();
    }
  });
}

const numbers = (x: Tensor | undefined): number[] => (x ? toNumbers(x) : []);

const dot = (x: Tensor | undefined, y: Tensor | undefined): number =>
  numbers(x).reduce((sum, value, i) => sum + value * (numbers(y)[i] ?? 0), 0);

const moved = (x: Tensor, along: readonly number[], by: number): Tensor =>
  float32(
    numbers(x).map((value, i) => value + by * (along[i] ?? 0)),
    x.shape,
  );

/** A unit vector close to the direction of the gradient, so that errors of its magnitude show as well as of its sign. */
function direction(gradient: Tensor, turn: number): number[] {
  const size = Math.sqrt(dot(gradient, gradient)) || 1;
  const raw = numbers(gradient).map((g, i) => g / size + Math.sin(1.7 * i + turn) / Math.sqrt(gradient.data.length));
  const length = Math.hypot(...raw);
  return raw.map((value) => value / length);
}
