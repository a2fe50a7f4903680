import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { residualProcessor } from "../../testing/processors.js";
import { runCommand } from "../../testing/run-command.js";
import { enhance } from "../commands/enhance.js";
import { encodeModel } from "../onnx/encode.js";

const folder = await mkdtemp(join(tmpdir(), "legible-cli-"));
const at = (name: string): string => join(folder, name);
await writeFile(at("x2.onnx"), encodeModel(residualProcessor(2)));
await sharp({ create: { width: 9, height: 7, channels: 3, background: "teal" } }).toFile(at("a.png"));
await writeFile(at("b.png"), "not an image");

const run = (...args: string[]) => runCommand(enhance, ...args, "--model", at("x2.onnx"), "-o", at("out"));

test("the last line counts the images and names their folder", async () => {
  assert.match((await run(at("a.png"))).out, /^1 image in .*out, [\d.]+ s$/);
});

test("an unreadable file is in the JSON summary and makes the command incomplete", async () => {
  const { out, outcome } = await run(at("a.png"), at("b.png"), "--json");
  const summary = JSON.parse(out);
  assert.deepEqual([summary.scale, summary.device], [2, "cpu"]);
  assert.deepEqual(summary.written, [{ input: at("a.png"), output: join(at("out"), "a.png"), width: 18, height: 14 }]);
  assert.deepEqual(
    summary.failed.map(({ input }: { input: string }) => input),
    [at("b.png")],
  );
  assert.equal(outcome, "incomplete");
});

test("a scale other than the model's is refused", async () => {
  await assert.rejects(run(at("a.png"), "--scale", "3"), /^UserError: --scale 3 does not fit .*: its scale is 2$/);
});

test("flawed images and dropped metadata are counted and listed, in the JSON summary too", async () => {
  const image = sharp({ create: { width: 9, height: 7, channels: 3, background: "teal" } });
  const exif = { IFD0: { Make: "Camera", Copyright: "A. Author" } };
  await writeFile(at("cut.jpg"), (await image.clone().jpeg().toBuffer()).subarray(0, -2));
  const described = await image.clone().jpeg().withExif(exif).toBuffer();
  described.write("??", described.indexOf("Exif\0\0") + 6); // instead of the byte order, so that it cannot be read
  await writeFile(at("exif.jpg"), described);
  const { err, outcome } = await run(at("cut.jpg"), at("exif.jpg"), at("a.png"));
  assert.match(err, /1 image decoded in spite of a flaw:\n {2}.*cut\.jpg: its end marker is missing/);
  assert.match(err, /metadata \(EXIF\) not kept in the results of 1 image$/m);
  assert.equal(outcome, "done");
  const { written } = JSON.parse((await run(at("cut.jpg"), at("exif.jpg"), at("a.png"), "--json")).out);
  assert.deepEqual(
    written.map(({ flaw, droppedMetadata }: Record<string, unknown>) => [flaw, droppedMetadata]),
    [
      ["its end marker is missing", undefined],
      [undefined, ["EXIF"]],
      [undefined, undefined],
    ],
  );
});

test("files of several images are skipped and listed", async () => {
  const raw = { width: 4, height: 8, channels: 3, pageHeight: 4 } as const;
  const animation = await sharp(
    Uint8Array.from({ length: 96 }, (_, i) => 5 * (i % 40)),
    { raw },
  )
    .gif()
    .toBuffer();
  await writeFile(at("moving.gif"), animation);
  const { err, outcome } = await run(at("moving.gif"), at("a.png"));
  assert.equal(err.match(/skipped: .*moving\.gif: it is an animation of 2 images$/gm)?.length, 1);
  assert.match(err, /^1 of 2 images could not be enhanced$/m);
  assert.equal(outcome, "incomplete");
});
