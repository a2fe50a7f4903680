import assert from "node:assert/strict";
import { test } from "node:test";
import { HandlingChains } from "./chain.js";

test("texts with commas, lists and objects are chains of handlings; one that is given twice counts once", () => {
  const names = (given: unknown) => HandlingChains.parse(given).map(({ name }) => name);
  assert.deepEqual(names("jpeg:85, resize:0.7"), ["jpeg:85", "resize:0.7"]);
  assert.deepEqual(names(["jpeg:85,blur:.5", { kind: "shift", value: 1 }]), ["jpeg:85", "blur:0.5", "shift:1"]);
  assert.deepEqual(names("jpeg:85,jpeg:85.0"), ["jpeg:85"]);
  const [chain] = HandlingChains.parse("resize:0.7+jpeg:85");
  assert.deepEqual(chain, {
    name: "resize:0.7+jpeg:85",
    handlings: [
      { kind: "resize", value: 0.7 },
      { kind: "jpeg", value: 85 },
    ],
  });
});

test("a range, an unknown kind and a value outside the limits are refused with a reason", () => {
  const refused = (given: unknown, reason: RegExp) => {
    const { success, error } = HandlingChains.safeParse(given);
    assert.ok(!success && reason.test(JSON.stringify(error.issues)), `${given}: ${JSON.stringify(error?.issues)}`);
  };
  refused("jpeg:70..90", /expected a single value instead of jpeg:70\.\.90/);
  refused("crop:3", /expected KIND:VALUE/);
  refused("jpeg:85,", /expected KIND:VALUE/);
  refused("", /expected KIND:VALUE/);
  refused("jpeg:101", /expected an integer from 1 to 100, .* as the value of jpeg/);
  refused("resize:0.7+jpeg:0", /expected an integer from 1 to 100, .* as the value of jpeg/);
  refused(["blur:9"], /expected a number from 0 to 5, .* as the value of blur/);
  refused(85, /expected KIND:VALUE/);
});
