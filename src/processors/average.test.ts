import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../errors.js";
import { compactM, compactS } from "../networks/compact.js";
import type { Graph } from "../onnx/graph.js";
import { averageProcessors } from "./average.js";
import { withBorder } from "./border.js";
import { type Card, cardOf, recognizersBehind, withCard } from "./card.js";
import { Processor } from "./processor.js";

/** The values of a weight, with -0 replaced by 0. */
const values = (graph: Graph, name: string) =>
  Array.from(graph.initializers.get(name)?.data as Float32Array, (value) => value + 0);

test("the average of processors has the mean of each weight and unchanged fixed filters", () => {
  const processors = [1, 2, 3].map((seed) => compactS.build(4, seed));
  const mean = averageProcessors(processors);
  for (const [i, value] of values(mean, "head.weight").entries()) {
    const expected = processors.reduce((sum, graph) => sum + (values(graph, "head.weight")[i] ?? 0), 0) / 3;
    assert.ok(Math.abs(value - expected) < 1e-7, `weight ${i}`);
  }
  const [first] = processors as [Graph, Graph, Graph];
  assert.deepEqual(values(mean, "fixed.bicubic"), values(first, "fixed.bicubic"));
});

test("with an extrapolation the average is start + factor · (mean - start)", () => {
  const [start, ...processors] = [0, 1, 2].map((seed) => compactS.build(4, seed)) as [Graph, Graph, Graph];
  const [from, mean] = [values(start, "head.weight"), values(averageProcessors(processors), "head.weight")];
  for (const factor of [0, 1, 1.5]) {
    const extrapolated = values(averageProcessors(processors, { start, factor }), "head.weight");
    for (const [i, value] of extrapolated.entries()) {
      const expected = (from[i] ?? 0) + factor * ((mean[i] ?? 0) - (from[i] ?? 0));
      assert.ok(Math.abs(value - expected) < 1e-6, `weight ${i} at ${factor}`);
    }
  }
});

const card: Card = {
  ...{ task: "sr", options: {}, scale: 4, objective: "ra", lambda: 1e-3, recognizers: [], network: "compact-s" },
  ...{ init: "plain.onnx", data: { folders: ["data"], count: 4 }, steps: 2, batch: 1, crop: 16, lr: 1e-3, seed: 0 },
};

test("of a single processor, a factor gives one between it and the start, as its card says", () => {
  const [start, one] = [compactS.build(4, 0), compactS.build(4, 1)];
  const between = averageProcessors([withCard(one, card)], { start, factor: 0.5 });
  const [from, to, found] = [start, one, between].map((graph) => values(graph, "head.weight"));
  for (const [i, value] of (found ?? []).entries())
    assert.ok(Math.abs(value - ((from?.[i] ?? 0) + (to?.[i] ?? 0)) / 2) < 1e-7, `weight ${i}`);
  assert.deepEqual(cardOf(between), { ...card, balance: 0.5 });
});

test("processors of different architectures or scales, or a single processor without a start, are refused", () => {
  const one = compactS.build(4, 0);
  for (const others of [[compactM.build(4, 0)], [compactS.build(2, 0)], []])
    assert.throws(() => averageProcessors([one, ...others]), UserError);
  assert.throws(() => averageProcessors([one, compactM.build(4, 0)]), /weight "head\.weight" is 32 × .* 64 ×/);
});

test("an exported processor and a trained one have a mean, with everything else from the first", () => {
  const [one, other] = [compactS.build(4, 0), compactS.build(4, 1)];
  const exported = withBorder(new Processor(one), 4, 4);
  assert.notEqual(exported.initializers.size, other.initializers.size);
  const [a, b] = [averageProcessors([exported, other]), averageProcessors([other, exported])];
  assert.deepEqual(values(a, "head.weight"), values(b, "head.weight"));
  assert.deepEqual([a.nodes, b.nodes], [exported.nodes, other.nodes]);
});

test("the card of an average names the recognizers of all its processors and of the start, whichever is first", () => {
  const [r, s, q] = ["r", "s", "q"].map((name) => ({ name, sha256: `hash of ${name}` })) as [Named, Named, Named];
  const trained = (seed: number, own: Partial<Card>) => withCard(compactS.build(4, seed), { ...card, ...own });
  const plain = trained(0, { earlierRecognizers: [q] });
  const [one, other] = [r, s].map((each, i) => trained(i + 1, { recognizers: [{ ...each, view: "", weight: 1 }] }));
  for (const processors of [
    [one, other, plain],
    [plain, one, other],
  ] as Graph[][]) {
    const behind = recognizersBehind(cardOf(averageProcessors(processors)));
    assert.deepEqual(new Set(behind.map(({ sha256 }) => sha256)), new Set([q, r, s].map(({ sha256 }) => sha256)));
    assert.equal(behind.length, 3);
  }
  const between = averageProcessors([plain], { start: one as Graph, factor: 0.5 });
  assert.deepEqual(cardOf(between)?.earlierRecognizers, [q, r]);
});

test("processors of different tasks are refused", () => {
  const [jpeg, denoise] = ["jpeg", "denoise"].map((task) => withCard(compactS.build(1, 0), { ...card, task }));
  assert.throws(() => averageProcessors([jpeg, denoise] as Graph[]), /one was trained for jpeg, the other for denoise/);
});

type Named = { readonly name: string; readonly sha256: string };
