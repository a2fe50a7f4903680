import assert from "node:assert/strict";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { formulaPicture } from "../../testing/pictures.js";
import { decodeImage, encodeImage } from "../platform/node/codec.js";
import { degradeCommand } from "./degrade.js";

const folder = await mkdtemp(join(tmpdir(), "legible-degrade-"));
const at = (...parts: string[]): string => join(folder, ...parts);
await encodeImage(formulaPicture(33, 22), at("in", "a.png"));
await encodeImage(formulaPicture(33, 22), at("in", "deep", "b.png"));
await writeFile(at("in", "broken.png"), "not a picture");

/** Runs the command; returns what it prints on standard output and on standard error. */
async function degrade(t: TestContext, ...args: string[]): Promise<{ out: string; err: string }> {
  const lines: { out: string[]; err: string[] } = { out: [], err: [] };
  t.mock.method(console, "log", (line: string) => lines.out.push(line));
  t.mock.method(console, "error", (line: string) => lines.err.push(line));
  await degradeCommand.parseAsync(args, { from: "user" });
  return { out: lines.out.join("\n"), err: lines.err.join("\n") };
}

test("a folder is mirrored, each picture has noise of its own, and what cannot be read is counted and listed", async (t) => {
  t.after(() => {
    process.exitCode = 0;
  });
  const { out, err } = await degrade(t, at("in"), "-o", at("noisy"), "--task", "denoise");
  assert.equal(out, `2 pictures in ${at("noisy")}`);
  assert.match(err, /1 of 3 pictures could not be degraded:\n {2}cannot decode .*broken\.png/);
  assert.equal(process.exitCode, 1);
  const [a, b] = [await decodeImage(at("noisy", "a.png")), await decodeImage(at("noisy", "deep", "b.png"))];
  assert.deepEqual([a.width, a.height], [33, 22]);
  assert.notDeepEqual(a, b);
});

test("the same seed gives the same bytes and another seed others", async (t) => {
  const written = async (seed: string) => {
    const output = at(`seed-${seed}.png`);
    await degrade(t, at("in", "a.png"), "-o", output, "--task", "denoise", "--seed", seed);
    return readFile(output);
  };
  const first = await written("1");
  assert.deepEqual(await written("1"), first);
  assert.notDeepEqual(await written("2"), first);
});

test("before it is reduced a picture is cropped to a multiple of the scale; one that is smaller is skipped", async (t) => {
  t.after(() => {
    process.exitCode = 0;
  });
  const input = at("in", "a.png");
  await degrade(t, input, "-o", at("small.png"), "--task", "sr", "--scale", "4");
  const { width, height } = await decodeImage(at("small.png"));
  assert.deepEqual([width, height], [8, 5]);
  await encodeImage(formulaPicture(3, 9), at("tiny.png"));
  const { err } = await degrade(t, at("tiny.png"), "-o", at("tinier.png"), "--task", "sr", "--scale", "4");
  assert.match(err, /cannot degrade .*tiny\.png: 3x9 pixels are too few for scale 4/);
});
