import assert from "node:assert/strict";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { formulaImage } from "../../testing/images.js";
import { runCommand } from "../../testing/run-command.js";
import { degrade } from "../commands/degrade.js";
import { decodeImage, encodeImage } from "../platform/node/codec.js";

const folder = await mkdtemp(join(tmpdir(), "legible-degrade-"));
const at = (...parts: string[]): string => join(folder, ...parts);
await encodeImage(formulaImage(33, 22), at("in", "a.png"));
await encodeImage(formulaImage(33, 22), at("in", "deep", "b.png"));
await writeFile(at("in", "broken.png"), "not an image");

const run = (...args: string[]) => runCommand(degrade, ...args);

test("a folder is mirrored, each image has its own noise, and unreadable files are counted and listed", async () => {
  const { out, err, outcome } = await run(at("in"), "-o", at("noisy"), "--task", "denoise");
  assert.equal(out, `2 images in ${at("noisy")}`);
  assert.match(err, /skipped: cannot decode .*broken\.png[\s\S]*1 of 3 images could not be degraded/);
  assert.equal(err.match(/cannot decode/g)?.length, 1);
  assert.equal(outcome, "incomplete");
  const [a, b] = [await decodeImage(at("noisy", "a.png")), await decodeImage(at("noisy", "deep", "b.png"))];
  assert.deepEqual([a.width, a.height], [33, 22]);
  assert.notDeepEqual(a, b);
});

test("the same seed gives the same bytes, and another seed gives others", async () => {
  const written = async (seed: string) => {
    const output = at(`seed-${seed}.png`);
    await run(at("in", "a.png"), "-o", output, "--task", "denoise", "--seed", seed);
    return readFile(output);
  };
  const first = await written("1");
  assert.deepEqual(await written("1"), first);
  assert.notDeepEqual(await written("2"), first);
});

test("an image is cropped to a multiple of the scale before it is reduced, and a smaller one is skipped", async () => {
  const input = at("in", "a.png");
  await run(input, "-o", at("small.png"), "--task", "sr", "--scale", "4");
  const { width, height } = await decodeImage(at("small.png"));
  assert.deepEqual([width, height], [8, 5]);
  await encodeImage(formulaImage(3, 9), at("tiny.png"));
  const { err } = await run(at("tiny.png"), "-o", at("tinier.png"), "--task", "sr", "--scale", "4");
  assert.match(err, /cannot degrade .*tiny\.png: 3x9 pixels are too few for scale 4/);
});
