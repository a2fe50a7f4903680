import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder, writeLabeledImages } from "../../testing/workspace.js";
import { UserError } from "../errors.js";
import { compactM, compactS } from "../networks/compact.js";
import { pyramidS } from "../networks/pyramid.js";
import type { Graph } from "../onnx/graph.js";
import { writeModel } from "../platform/node/models.js";
import { type Card, withCard } from "../processors/card.js";
import { openProcessor } from "../processors/open.js";
import { Processor } from "../processors/processor.js";
import { withInitialWeights } from "./initial-weights.js";
import { train } from "./train.js";

/** The card of a training of this network. */
const cardOfNetwork = (network: string): Card => ({
  ...{ task: "sr", options: {}, scale: 4, objective: "plain", lambda: 0, recognizers: [], network, init: null },
  ...{ data: { folders: ["photos"], count: 1 }, steps: 1, batch: 1, crop: 16, lr: 1e-3, seed: 0 },
});

/** The initial weights of a network, taken from the file of another one. */
async function init(t: TestContext, graph: Graph, trained: Graph, network = trained.name) {
  const file = join(temporaryFolder(t), "start.onnx");
  await writeModel(withCard(trained, cardOfNetwork(network)), file);
  const { notes, ...result } = withInitialWeights(new Processor(graph), graph.name, await openProcessor(file));
  return { ...result, notes: notes.map((note) => note.replace(file, "start.onnx")) };
}

test("initial weights of the same scale replace all weights", async (t) => {
  const [own, trained] = [compactS.build(4, 0), compactS.build(4, 1)];
  const { graph, notes } = await init(t, own, trained);
  assert.deepEqual(notes, []);
  for (const [name, { data }] of graph.initializers) assert.deepEqual(data, trained.initializers.get(name)?.data, name);
});

test("initial weights of another scale replace those whose name and shape fit, and the others are counted", async (t) => {
  const [own, trained] = [pyramidS.build(4, 0), pyramidS.build(2, 1)];
  const { graph, notes } = await init(t, own, trained);
  // At scale 4 the head has 32 filters of 3·5·5 values instead of 16.
  const fresh = ["head.weight", "head.bias"];
  for (const [name, { data }] of graph.initializers) {
    const source = fresh.includes(name) || /^fixed\.|^constant/.test(name) ? own : trained;
    assert.deepEqual(data, source.initializers.get(name)?.data, name);
  }
  const all = [...own.initializers].filter(([name]) => !/^fixed|^constant/.test(name));
  const total = all.reduce((sum, [, { data }]) => sum + data.length, 0).toLocaleString("en");
  assert.deepEqual(notes, [
    `2,432 of ${total} weights start untrained: in start.onnx, head.weight, head.bias have another shape or are missing`,
  ]);
});

test("at a larger scale the pyramid's layers without a counterpart start untrained", async (t) => {
  const { notes } = await init(t, pyramidS.build(1, 0), pyramidS.build(4, 1));
  assert.match(notes.join(), /in start\.onnx, head\.weight, head\.bias, down\.conv1\.weight, .*reduce\.bias have/);
});

test("initial weights of a network of other sizes, of another name or with few fitting weights are refused", async (t) => {
  const refused = {
    name: UserError.name,
    message: /cannot take initial weights from .*start\.onnx: it is not a compact-m/,
  };
  for (const other of [compactS.build(4, 0), pyramidS.build(4, 0)])
    await assert.rejects(init(t, compactM.build(4, 0), other), refused);
  await assert.rejects(init(t, compactM.build(4, 0), compactM.build(2, 0), "their-network"), refused);
});

test("a card names the recognizers of the training that its initial weights come from", async (t) => {
  const folder = temporaryFolder(t);
  const [data, start] = [join(folder, "data"), join(folder, "start.onnx")];
  await writeLabeledImages(data, 4, 40);
  const seen = [{ name: "r", sha256: "hash of r" }];
  const card = { ...cardOfNetwork("compact-s"), recognizers: [{ ...seen[0], view: "", weight: 1 }] } as Card;
  await writeModel(withCard(compactS.build(4, 0), card), start);
  const settings = { data: [data], steps: 1, batch: 2, crop: 32, passes: "none" };
  for (const [out, own] of [
    ["initial", { processor: "compact-s", init: start }],
    ["continued", { processor: start }],
  ] as const) {
    await train({ ...settings, ...own, out: join(folder, out) });
    const trained = await openProcessor(join(folder, out, "model.onnx"));
    assert.deepEqual(trained.card?.earlierRecognizers, seen, out);
  }
});
