import assert from "node:assert/strict";
import { test } from "node:test";
import { assignedTrials } from "./assignment.js";
import type { StudyDefinition, StudyItem } from "./definition.js";

const image = (index: number, letter: string) => `${letter.repeat(6)}${String(index).padStart(6, "0")}.png`;

const imagesOf = (index: number, systems: readonly string[]): Record<string, string> =>
  Object.fromEntries(systems.map((system, i) => [system, image(index, "abcdefgh"[i] as string)]));

const qualityItem = (index: number, systems: readonly string[]): StudyItem => ({
  kind: "quality",
  id: `${index}.png`,
  images: imagesOf(index, systems),
});

const checkItem = (index: number): StudyItem => ({
  kind: "quality",
  id: `check ${index}`,
  check: "intact",
  images: { intact: image(index, "x"), damaged: image(index, "y") },
});

const namingItem = (index: number, systems: readonly string[]): StudyItem => ({
  kind: "naming",
  id: `${index}.png`,
  images: imagesOf(index, systems),
  accepted: ["dog"],
});

function study(items: readonly StudyItem[], systems: readonly string[], trials: number, checks = 0): StudyDefinition {
  return {
    ...{ format: "legible-study", version: 1, id: "0123456789abcdef", created: "2026-01-01T00:00:00.000Z" },
    ...{ title: "Test", consent: "", exposure: 500, exclusions: {}, about: {}, simulated: false, seed: 7 },
    ...{ kind: (items[0] as StudyItem).kind, systems: [...systems], items: [...items], trials, checks },
    access: { kind: "open", cap: 1000 },
  } as StudyDefinition;
}

const counts = (values: readonly string[]): Map<string, number> => {
  const found = new Map<string, number>();
  for (const value of values) found.set(value, (found.get(value) ?? 0) + 1);
  return found;
};

const spread = (found: Map<string, number>, all: number): number => {
  const values = [...found.values()];
  return Math.max(...values) - (values.length < all ? 0 : Math.min(...values));
};

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

for (const [n, trials] of [
  [30, 10],
  [31, 10],
  [30, 7],
  [12, 12],
  [9, 4],
] as const)
  test(`of two systems, ${n} items and ${trials} trials: items and sides are balanced after any number of participants`, () => {
    const systems = ["plain", "ra"];
    const definition = study(
      range(n).map((i) => qualityItem(i, systems)),
      systems,
      trials,
    );
    const [seen, lefts, rights] = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()];
    for (const k of range(150)) {
      const assigned = assignedTrials(definition, k);
      assert.equal(assigned.length, trials);
      assert.equal(new Set(assigned.map(({ item }) => item.id)).size, trials, "no item twice");
      const raLeft = assigned.filter(({ left }) => left === "ra").length;
      assert.ok(Math.abs(2 * raLeft - trials) <= 1, `participant ${k}: ra is left ${raLeft} times`);
      for (const { item, left } of assigned) {
        seen.set(item.id, (seen.get(item.id) ?? 0) + 1);
        const side = left === "ra" ? lefts : rights;
        side.set(item.id, (side.get(item.id) ?? 0) + 1);
      }
      assert.ok(spread(seen, n) <= 1, `participant ${k}: items`);
      for (const id of seen.keys())
        assert.ok(Math.abs((lefts.get(id) ?? 0) - (rights.get(id) ?? 0)) <= 1, `participant ${k}: sides of ${id}`);
    }
  });

test("of three systems, every pair is seen equally often in every item, on each side", () => {
  const systems = ["plain", "ra", "bicubic"];
  for (const [n, trials] of [
    [8, 4],
    [9, 6],
    [12, 5],
    [7, 3],
  ] as const) {
    const definition = study(
      range(n).map((i) => qualityItem(i, systems)),
      systems,
      trials,
    );
    const participants = 6 * n; // every item is then seen 6 · trials times, a multiple of the 6 conditions
    const all = range(participants).flatMap((k) => assignedTrials(definition, k));
    const found = counts(all.map(({ item, left, right }) => `${item.id} ${left} ${right}`));
    assert.equal(found.size, 6 * n);
    assert.deepEqual([...new Set(found.values())], [trials], `${n} items, ${trials} trials`);
  }
});

test("of three systems, a participant sees every pair equally often, up to one", () => {
  const systems = ["plain", "ra", "bicubic"];
  const definition = study(
    range(40).map((i) => qualityItem(i, systems)),
    systems,
    12,
  );
  for (const k of range(60)) {
    const pairs = counts(assignedTrials(definition, k).map(({ left, right }) => [left, right].sort().join()));
    assert.ok(spread(pairs, 3) <= 2, `participant ${k}: ${JSON.stringify([...pairs])}`);
  }
});

test("a naming participant sees no item twice, and each item with each system equally often", () => {
  const systems = ["plain", "ra"];
  const definition = study(
    range(10).map((i) => namingItem(i, systems)),
    systems,
    10,
  );
  const all = range(20).flatMap((k) => {
    const assigned = assignedTrials(definition, k);
    assert.equal(new Set(assigned.map(({ item }) => item.id)).size, 10);
    assert.ok(assigned.every(({ right }) => right === null));
    return assigned;
  });
  const found = counts(all.map(({ item, left }) => `${item.id} ${left}`));
  assert.deepEqual([...new Set(found.values())], [10]);
});

test("checks are one in each part of the order, at positions and sides that vary", () => {
  const systems = ["plain", "ra"];
  const items = [...range(20).map((i) => qualityItem(i, systems)), ...range(4).map(checkItem)];
  const definition = study(items, systems, 16, 4);
  const positions = new Set<number>();
  let left = 0;
  for (const k of range(50)) {
    const checks = assignedTrials(definition, k).filter(({ item }) => item.check !== undefined);
    assert.deepEqual(
      checks.map(({ trial }) => Math.floor(trial / 5)),
      [0, 1, 2, 3],
    );
    assert.equal(new Set(checks.map(({ item }) => item.id)).size, 4);
    for (const check of checks) positions.add(check.trial);
    left += checks.filter((check) => check.left === "intact").length;
  }
  assert.equal(positions.size, 20);
  assert.equal(left, 100);
});

test("the trials of a participant depend on the seed and the number alone", () => {
  const definition = study(
    range(20).map((i) => qualityItem(i, ["plain", "ra"])),
    ["plain", "ra"],
    10,
  );
  assert.deepEqual(assignedTrials(definition, 3), assignedTrials(structuredClone(definition), 3));
  assert.notDeepEqual(assignedTrials(definition, 3), assignedTrials({ ...definition, seed: 8 }, 3));
  const items = (k: number) =>
    assignedTrials(definition, k)
      .map(({ item }) => item.id)
      .join();
  assert.notEqual(items(3), items(5));
});
