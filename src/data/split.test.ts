import assert from "node:assert/strict";
import { test } from "node:test";
import { partOf } from "./split.js";

/** int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:4], "big") / 2**32 in Python. */
const hashes: [seed: number, name: string, hash: number][] = [
  [0, "a.png", 0.7743283],
  [0, "cat/1.jpg", 0.0644379],
  [0, "data_batch_1.bin#17", 0.469724],
  [7, "a.png", 0.3775823],
  [7, "cat/1.jpg", 0.1760684],
];

test("an image is in the training part if the hash of seed and name, as computed in Python, is below `train`", () => {
  for (const [seed, name, hash] of hashes) {
    assert.equal(partOf(name, { train: hash + 1e-6, seed }), "train");
    assert.equal(partOf(name, { train: hash - 1e-6, seed }), "test");
  }
});

test("about a share `train` of many images is in the training part, and seeds split them independently", () => {
  const names = Array.from({ length: 2000 }, (_, i) => `${i}.png`);
  const trained = (seed: number) => names.filter((name) => partOf(name, { train: 0.8, seed }) === "train");
  // The count is binomial with mean 1600 and standard deviation 17.9; the bound is 4 standard deviations.
  for (const seed of [0, 1]) assert.ok(Math.abs(trained(seed).length - 1600) < 72);
  const second = new Set(trained(1));
  const shared = trained(0).filter((name) => second.has(name)).length;
  assert.ok(Math.abs(shared - 1280) < 100, `${shared} shared`);
});
