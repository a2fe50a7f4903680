import assert from "node:assert/strict";
import { mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { residualProcessor } from "../../testing/processors.js";
import { Processor } from "../processors/processor.js";
import { enhanceFiles } from "./batch.js";
import { planFiles } from "./plan.js";

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

test("the images of a folder keep their paths below the output; hidden and other files are left out", async () => {
  assert.deepEqual((await planFiles([album], at("mirror"))).images, [
    { input: at("album", "a.png"), output: at("mirror", "a.png") },
    { input: at("album", "b.GIF"), output: at("mirror", "b.GIF.png") },
    { input: at("album", "trip", "c.jpeg"), output: at("mirror", "trip", "c.jpeg") },
  ]);
});

test("a single image is written to a named file, or into the output folder", async () => {
  const input = at("album", "a.png");
  const output = at("new", "large.jpg");
  const named = { folder: at("new"), toFile: true, images: [{ input, output }], leftOut: [] };
  assert.deepEqual(await planFiles([input], output), named);
  const mirrored = { folder: at("new"), toFile: false, images: [{ input, output: at("new", "a.png") }], leftOut: [] };
  assert.deepEqual(await planFiles([input], at("new")), mirrored);
});

test("an output folder inside the input folder is not an input", async () => {
  await mkdir(join(album, "out"));
  await writeFile(join(album, "out", "a.png"), png);
  assert.equal((await planFiles([album], join(album, "out"))).images.length, 3);
  assert.equal((await planFiles([album], at("elsewhere"))).images.length, 4);
  assert.equal((await planFiles([join(album, "trip")], album)).images.length, 1);
});

test("an output that would overwrite an input is refused, also through a link", async () => {
  await assert.rejects(planFiles([album], album), /is one of the inputs and would be overwritten/);
  await symlink(album, at("link"));
  await assert.rejects(planFiles([album], at("link")), /is one of the inputs/);
});

test("two images with the same output are refused", async () => {
  const inputs = [at("album", "a.png"), at("album", "out", "a.png")];
  await assert.rejects(planFiles(inputs, at("same")), /^UserError: .*a\.png and .*a\.png would both be written to/);
});

test("a missing input, a folder without images and an output folder that is a file are refused", async () => {
  await assert.rejects(planFiles([at("none")], at("x")), /^UserError: cannot read .*none: no such file or folder$/);
  await assert.rejects(planFiles([at("empty")], at("x")), /^UserError: found no image in .*empty$/);
  await assert.rejects(planFiles([album], at("album", "notes.txt")), /^UserError: cannot write into .*notes\.txt/);
});

test("an image that cannot be decoded is listed and the others are written", async () => {
  await mkdir(at("mixed"));
  await writeFile(at("mixed", "1.png"), "not an image");
  await writeFile(at("mixed", "2.png"), png);
  const processor = new Processor(residualProcessor(2));
  const { written, failed } = await enhanceFiles(processor, await planFiles([at("mixed")], at("mixed-out")));
  assert.deepEqual(written, [{ input: at("mixed", "2.png"), output: at("mixed-out", "2.png"), width: 18, height: 14 }]);
  assert.deepEqual(
    failed.map(({ input }) => input),
    [at("mixed", "1.png")],
  );
});
