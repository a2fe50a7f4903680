import assert from "node:assert/strict";
import { test } from "node:test";
import { fittingParts } from "./progress-line.js";

const parts = { left: "5 s left", details: "loss 0.0123  image 0.0045", rate: "12/s" };

test("a progress line shows all that fits: without room the rate goes first, then the time left, then the details are cut", () => {
  const text = (room: number) => fittingParts(parts, room);
  assert.equal(text(43), "  5 s left  loss 0.0123  image 0.0045  12/s");
  assert.equal(text(42), "  5 s left  loss 0.0123  image 0.0045");
  assert.equal(text(36), "  loss 0.0123  image 0.0045");
  assert.equal(text(26), "  loss 0.0123  image 0.00…");
  for (const room of [0, -5]) assert.equal(text(room), "");
  assert.equal(fittingParts({ left: "", details: "", rate: "" }, 20), "");
});

test("characters that are two columns wide count twice", () => {
  const details = "写真.png";
  assert.equal(fittingParts({ left: "", details, rate: "" }, 10), "  写真.png");
  assert.equal(fittingParts({ left: "", details, rate: "" }, 9), "  写真.p…");
  assert.equal(fittingParts({ left: "", details, rate: "" }, 6), "  写…");
});
