import assert from "node:assert/strict";
import { mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { residualProcessor } from "../../testing/processors.js";
import { Processor } from "../processors/processor.js";
import { enhanceAll } from "./batch.js";
import { planJobs } from "./files.js";

const root = await mkdtemp(join(tmpdir(), "legible-files-"));
const album = join(root, "album");
const at = (...parts: string[]): string => join(root, ...parts);

const png = await sharp({ create: { width: 9, height: 7, channels: 3, background: "teal" } })
  .png()
  .toBuffer();
await mkdir(join(album, "trip", ".cache"), { recursive: true });
await mkdir(at("empty"));
for (const name of ["a.png", "b.GIF", "notes.txt", ".hidden.png", "trip/c.jpeg", "trip/.cache/d.png"])
  await writeFile(join(album, name), png);

test("the pictures of a folder are mirrored under the output, hidden and other files left out", async () => {
  assert.deepEqual(await planJobs([album], at("mirror")), [
    { input: at("album", "a.png"), output: at("mirror", "a.png") },
    { input: at("album", "b.GIF"), output: at("mirror", "b.GIF.png") },
    { input: at("album", "trip", "c.jpeg"), output: at("mirror", "trip", "c.jpeg") },
  ]);
});

test("a single picture may be given a file name, and otherwise goes into the folder", async () => {
  const input = at("album", "a.png");
  assert.deepEqual(await planJobs([input], at("new", "large.jpg")), [{ input, output: at("new", "large.jpg") }]);
  assert.deepEqual(await planJobs([input], at("new")), [{ input, output: at("new", "a.png") }]);
});

test("an output folder inside the input folder is not enhanced again", async () => {
  await mkdir(join(album, "out"));
  await writeFile(join(album, "out", "a.png"), png);
  assert.equal((await planJobs([album], join(album, "out"))).length, 3);
  assert.equal((await planJobs([album], at("elsewhere"))).length, 4);
  assert.equal((await planJobs([join(album, "trip")], album)).length, 1);
});

test("an input is never overwritten, not even through a link", async () => {
  await assert.rejects(planJobs([album], album), /is one of the inputs and would be overwritten/);
  await symlink(album, at("link"));
  await assert.rejects(planJobs([album], at("link")), /is one of the inputs/);
});

test("two pictures that would go to the same file are refused", async () => {
  const inputs = [at("album", "a.png"), at("album", "out", "a.png")];
  await assert.rejects(planJobs(inputs, at("same")), /^UserError: .*a\.png and .*a\.png would both be written to/);
});

test("a missing input, a folder without pictures and an output that is a file are refused", async () => {
  await assert.rejects(planJobs([at("none")], at("x")), /^UserError: cannot read .*none: no such file or folder$/);
  await assert.rejects(planJobs([at("empty")], at("x")), /^UserError: there is no picture in .*empty$/);
  await assert.rejects(planJobs([album], at("album", "notes.txt")), /^UserError: cannot write into .*notes\.txt/);
});

test("a picture that cannot be read is noted and the others are written", async () => {
  await mkdir(at("mixed"));
  await writeFile(at("mixed", "1.png"), "not a picture");
  await writeFile(at("mixed", "2.png"), png);
  const processor = new Processor(residualProcessor(2));
  const { written, failed } = await enhanceAll(processor, await planJobs([at("mixed")], at("mixed-out")));
  assert.deepEqual(written, [{ input: at("mixed", "2.png"), output: at("mixed-out", "2.png"), width: 18, height: 14 }]);
  assert.deepEqual(
    failed.map(({ input }) => input),
    [at("mixed", "1.png")],
  );
});
