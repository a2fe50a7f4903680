import assert from "node:assert/strict";
import { test } from "node:test";
import { repositoryPath } from "../../testing/shared.js";
import { GraphBuilder } from "../onnx/builder.js";
import { readModel } from "../platform/node/models.js";
import { cardOf, withCard } from "./card.js";

const empty = () => {
  const b = new GraphBuilder("identity");
  b.output("restored", b.input("image", ["N", 3, "H", "W"]));
  return b.build();
};

test("a card of version 0.1.0 is read as one with a list of recognizers, of weight 1", () => {
  const training = { network: "compact-m", init: null, steps: 10, batch: 8, crop: 128, lr: 1e-3, seed: 0 };
  const old = {
    ...{ task: "sr", options: { scale: 4 }, scale: 4, objective: "ra", lambda: 1e-3, ...training },
    data: { folders: ["photos"], count: 3 },
  };
  const recognizer = { name: "r", sha256: "0", view: "native" };
  const read = (card: object) => cardOf({ ...empty(), metadata: { "legible.card": JSON.stringify(card) } });
  assert.deepEqual(read({ ...old, recognizer })?.recognizers, [{ ...recognizer, weight: 1 }]);
  assert.deepEqual(read({ ...old, recognizer: null })?.recognizers, []);
});

test("the models of the package have cards with their objective and recognizers", async () => {
  const [ra, plain] = await Promise.all(
    ["sr-x4-ra.onnx", "sr-x4-plain.onnx"].map(async (file) => cardOf(await readModel(repositoryPath("models", file)))),
  );
  assert.deepEqual([ra?.objective, ra?.recognizers[0]?.name], ["ra", "squeezenet1_1"]);
  assert.deepEqual([plain?.objective, plain?.recognizers], ["plain", []]);
  assert.ok(Object.keys(ra?.measured?.top1 ?? {}).length > 1);
});

test("a card that is written and read again is unchanged", () => {
  const recognizer = { name: "r", sha256: "0", view: "crop", weight: 0.5, features: ["Relu_2"] };
  const card = {
    task: "sr",
    options: { scale: 4 },
    scale: 4,
    objective: "feature",
    lambda: 0.01,
    lambdaWarmup: 100,
    imageLoss: "charbonnier",
    recognizers: [recognizer],
    network: "compact-m",
    init: null,
    data: { folders: ["photos"], count: 3 },
    steps: 10,
    batch: 8,
    crop: 128,
    lr: 1e-3,
    seed: 0,
  };
  assert.deepEqual(cardOf(withCard(empty(), card)), card);
});

test("missing or invalid metadata gives no card", () => {
  assert.equal(cardOf(empty()), null);
  assert.equal(cardOf({ ...empty(), metadata: { "legible.card": "{" } }), null);
});
