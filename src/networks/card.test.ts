import assert from "node:assert/strict";
import { test } from "node:test";
import { repositoryPath } from "../../testing/shared.js";
import { GraphBuilder } from "../graph/builder.js";
import { readModel } from "../graph/read.js";
import { cardOf, withCard } from "./card.js";

const empty = () => {
  const b = new GraphBuilder("identity");
  b.output("restored", b.input("image", ["N", 3, "H", "W"]));
  return b.build();
};

test("the card of a processor of version 0.1.0 is read: its one recognizer has the weight 1", async () => {
  const card = cardOf(await readModel(repositoryPath("models", "sr-x4-ra.onnx")));
  assert.equal(card?.objective, "ra");
  assert.deepEqual(
    card.recognizers.map(({ name, weight }) => [name, weight]),
    [["squeezenet1_1", 1]],
  );
  const plain = cardOf(await readModel(repositoryPath("models", "sr-x4-plain.onnx")));
  assert.deepEqual(plain?.recognizers, []);
});

test("a card is read as it was written", () => {
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

test("what is no card is none", () => {
  assert.equal(cardOf(empty()), null);
  assert.equal(cardOf({ ...empty(), metadata: { "legible.card": "{" } }), null);
});
