import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { residualProcessor } from "../../testing/processors.js";
import { leftOutLines } from "../platform/node/image-files.js";
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

const jpeg = await sharp({ create: { width: 9, height: 7, channels: 3, background: "teal" } })
  .jpeg()
  .toBuffer();

test("content decides about an image whose extension is of a format that is not decoded; the rest is counted by reason", async () => {
  await mkdir(at("formats"));
  const files = {
    "a.jfif": jpeg,
    "b.JPE": jpeg,
    "c.bmp": png,
    "d.bmp": "BM",
    "e.bmp": "BM",
    "f.jp2": "",
    "g.ppm": "P6",
    "h.txt": "",
    noted: jpeg,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(at("formats", name), content);
  const { images, leftOut } = await planFiles([at("formats")], at("o"));
  assert.deepEqual(images, [
    { input: at("formats", "a.jfif"), output: at("o", "a.jfif") },
    { input: at("formats", "b.JPE"), output: at("o", "b.JPE") },
    { input: at("formats", "c.bmp"), output: at("o", "c.bmp.png") },
  ]);
  assert.deepEqual(leftOutLines(leftOut), [
    "6 files left out: 2 .bmp (format cannot be decoded), 1 .jp2 (format cannot be decoded), 1 .ppm (format cannot be decoded), 1 .txt (not an image), 1 without an extension",
  ]);
  const processor = new Processor(residualProcessor(2));
  const { written, failed } = await enhanceFiles(processor, await planFiles([at("formats")], at("o")));
  assert.deepEqual([written.length, failed], [3, []]);
  assert.equal((await sharp(at("o", "a.jfif")).metadata()).format, "jpeg");
});

test("an output that is named like a file that cannot be written makes no folder", async () => {
  const input = at("album", "a.png");
  for (const name of ["out.bmp", "x.gif", "x.JP2", "x.pgn", ".png"])
    await assert.rejects(
      planFiles([input], at("no", name)),
      /^UserError: cannot write .*: an image must end in \.png, \.jpg, .*\.tiff; a folder of that name needs a "\/" at its end$/,
    );
  await assert.rejects(
    planFiles([input], "-"),
    /^UserError: cannot write to standard output: give a folder or a file; /,
  );
  for (const inputs of [[album], [input, at("album", "trip", "c.jpeg")]])
    await assert.rejects(planFiles(inputs, at("no", "x.png")), /cannot write several images to .*: give a folder; /);
  await assert.rejects(stat(at("no")), { code: "ENOENT" });
  await assert.rejects(stat("-"), { code: "ENOENT" });
});

test("an output that is a pipe is refused before the work", {
  skip: process.platform === "win32" && "Windows has no pipes in folders",
}, async () => {
  spawnSync("mkfifo", [at("pipe.png")]);
  await assert.rejects(planFiles([at("album", "a.png")], at("pipe.png")), {
    message: `cannot write ${at("pipe.png")}: it is a pipe, not a file`,
  });
});

test("a folder may be named like a file if it exists or the name ends in a slash, or if its ending is of no file", async () => {
  const input = at("album", "a.png");
  await mkdir(at("is.png"));
  for (const name of ["is.png", "new.png/", "results.v2", "out.d", "v1.2024"]) {
    const { toFile, images } = await planFiles([input], `${root}/${name}`);
    assert.deepEqual([toFile, images[0]?.output], [false, at(name, "a.png")]);
  }
});

test("a file that is given twice is processed once, also through a link or a folder, and counted", async () => {
  const input = at("album", "trip", "c.jpeg");
  await symlink(input, at("linked.jpeg"));
  const inputs = [input, input, at("linked.jpeg"), at("album", "trip")];
  const { images, leftOut } = await planFiles(inputs, at("once"));
  assert.deepEqual(images, [{ input, output: at("once", "c.jpeg") }]);
  assert.deepEqual(leftOutLines(leftOut), ["3 files left out: 3 repeated"]);
});

test("names of 254 and 255 bytes are written, also where the format changes", async () => {
  const names = [`${"a".repeat(250)}.png`, `${"é".repeat(125)}b.png`, `${"c".repeat(251)}.gif`];
  await mkdir(at("long"));
  for (const name of names) await writeFile(at("long", name), png);
  const { written } = await enhanceFiles(
    new Processor(residualProcessor(2)),
    await planFiles([at("long")], at("long-out")),
  );
  const outputs = [names[0], `${"c".repeat(251)}.png`, names[1]];
  assert.deepEqual(
    written.map(({ output }) => basename(output)),
    outputs,
  );
  assert.deepEqual((await readdir(at("long-out"))).sort(), outputs);
});

test("a folder that cannot be read is left out and listed, and so is a name that is not UTF-8", {
  skip: (process.platform !== "linux" && "only Linux has such names") || false,
}, async () => {
  await mkdir(at("odd", "locked"), { recursive: true });
  await writeFile(at("odd", "a.png"), png);
  await writeFile(Buffer.concat([Buffer.from(`${at("odd")}/`), Buffer.from([0xff]), Buffer.from(".png")]), png);
  await chmod(at("odd", "locked"), 0);
  const { images, leftOut } = await planFiles([at("odd")], at("odd-out"));
  assert.equal(images.length, 1);
  const reasons = leftOut.map(({ reason }) => reason);
  // The superuser can read every folder.
  assert.deepEqual(reasons, [...(process.getuid?.() === 0 ? [] : ["permission denied"]), "its name is not UTF-8"]);
});
